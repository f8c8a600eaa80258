// The right-click menu of elements, to which extensions add entries.

const menuEntries = new Map();

/** Adds an entry to the menu of every element that the selector matches; gives back the entry's id. */
function appendContextMenuOption(selector, name, action) {
  const entries = menuEntries.get(selector) ?? [];
  const id = `${selector}_${entries.length}`;
  menuEntries.set(selector, [...entries, { id, name, action }]);
  return id;
}

function removeContextMenuOption(id) {
  for (const [selector, entries] of menuEntries) {
    menuEntries.set(
      selector,
      entries.filter((entry) => entry.id !== id),
    );
  }
}

const closeMenu = () => gradioApp().querySelector("#context-menu")?.remove();

function openMenu(event, entries) {
  closeMenu();
  const menu = document.createElement("nav");
  menu.id = "context-menu";
  menu.style.cssText = `position:absolute; z-index:9999; left:${event.pageX}px; top:${event.pageY}px`;
  for (const { name, action } of entries) {
    const entry = document.createElement("a");
    entry.textContent = name;
    entry.addEventListener("click", () => action());
    menu.append(entry);
  }
  document.body.append(menu);
}

document.addEventListener("click", closeMenu);
document.addEventListener("contextmenu", (event) => {
  for (const [selector, entries] of menuEntries) {
    if (!event.composedPath()[0].matches?.(selector)) continue;
    event.preventDefault();
    openMenu(event, entries);
  }
});
