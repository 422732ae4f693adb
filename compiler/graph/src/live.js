// Who tells it is the server that the page came from.
const events = new EventSource("events");
for (const kind of Object.keys(told)) events.addEventListener(kind, (event) => told[kind](JSON.parse(event.data)));
let gone = false;
events.onerror = () => {
  gone = true;
  say("What draws this picture has ended; it stays as it was.");
};
events.onopen = () => {
  if (gone) say("");
  gone = false;
};
