// A page that is told its picture: each message brings what is another than before.
const [note, title] = [document.querySelector("#note"), document.querySelector("h1")];
function say(text) {
  note.textContent = text;
  note.hidden = !text;
}
const told = {
  picture(picture) {
    const keep = title.textContent === picture.title;
    title.textContent = document.title = picture.title;
    stage.innerHTML = picture.svg;
    take(picture.arrows, keep);
  },
  here: (marked) => svg && mark(marked),
  fault: say,
};
