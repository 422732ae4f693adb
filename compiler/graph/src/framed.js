// Who tells it is the page around it.
addEventListener("message", ({ source, data }) => {
  if (source === parent && Object.hasOwn(told, data.kind)) told[data.kind](data.value);
});
parent.postMessage("ready", "*");
