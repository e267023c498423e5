// Finds headings by their words, each of which the heading or the title of its lesson has.
const MOST = 20;
const places = JSON.parse(document.getElementById("places").textContent);
const field = document.getElementById("find");

function entry([href, heading, lesson]) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = href;
  link.textContent = heading;
  item.append(link, heading === lesson ? "" : `, in: ${lesson}`);
  return item;
}

field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = ([, ...texts]) => words.every((word) => texts.join(" ").toLowerCase().includes(word));
  const hits = words.length ? places.filter(has) : [];
  const more = hits.length > MOST ? `, of which these are the first ${MOST}` : "";
  const number = hits.length === 1 ? "1 heading" : `${hits.length} headings${more}`;
  document.getElementById("found").replaceChildren(...hits.slice(0, MOST).map(entry));
  document.getElementById("count").textContent = words.length ? number : "";
});
