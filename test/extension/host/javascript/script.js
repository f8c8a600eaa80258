// The globals that Forge's page gives to extensions, as far as extensions here use them.

const loadedCallbacks = [];
const updateCallbacks = [];
const afterUpdateCallbacks = [];
const tabChangeCallbacks = [];
const optionsAvailableCallbacks = [];
const optionsChangedCallbacks = [];
let opts = {};
let uiIsLoaded = false;

function gradioApp() {
  const app = document.querySelector("gradio-app");
  return app?.shadowRoot ?? document;
}

const onUiLoaded = (callback) => void loadedCallbacks.push(callback);
const onUiUpdate = (callback) => void updateCallbacks.push(callback);
const onAfterUiUpdate = (callback) => void afterUpdateCallbacks.push(callback);
const onUiTabChange = (callback) => void tabChangeCallbacks.push(callback);
const onOptionsChanged = (callback) => void optionsChangedCallbacks.push(callback);
function onOptionsAvailable(callback) {
  if (Object.keys(opts).length > 0) callback();
  else optionsAvailableCallbacks.push(callback);
}

function callAll(callbacks, argument) {
  for (const callback of callbacks) {
    try {
      callback(argument);
    } catch (error) {
      console.error(error);
    }
  }
}

const get_uiCurrentTab = () => gradioApp().querySelector("#tabs > .tab-nav > button.selected");
const get_uiCurrentTabContent = () =>
  gradioApp().querySelector('#tabs > .tabitem[id^=tab_]:not([style*="display: none"])');
const uiElementIsVisible = (element) => element.getClientRects().length > 0;

function updateInput(element) {
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

const randomId = () => `task(${Math.random().toString(36).slice(2, 17)})`;

/** Generate: a task id in the first place, and without the outputs that Gradio appends. */
function submit(tab, values, inputCount) {
  const inputs = Array.from(values).slice(0, inputCount);
  inputs[0] = randomId();
  showSubmitButtons(tab, false);
  return inputs;
}

function showSubmitButtons(tab, show) {
  for (const name of ["interrupt", "skip"]) {
    const button = gradioApp().querySelector(`#${tab}_${name}`);
    if (button) button.style.display = show ? "none" : "block";
  }
  const interrupting = gradioApp().querySelector(`#${tab}_interrupting`);
  if (interrupting) interrupting.style.display = "none";
}

function clickTab(name, insideOf = "#tabs") {
  const buttons = gradioApp().querySelectorAll(`${insideOf} > .tab-nav > button`);
  const wanted = [...buttons].find((button) => button.textContent.trim() === name);
  wanted?.click();
}
function switchTo(values, name, inner) {
  clickTab(name);
  if (inner) clickTab(inner, "#mode_img2img");
  return values;
}
const switch_to_txt2img = (...values) => switchTo(values, "Txt2img");
const switch_to_img2img = (...values) => switchTo(values, "Img2img", "img2img");
const switch_to_sketch = (...values) => switchTo(values, "Img2img", "Sketch");
const switch_to_inpaint = (...values) => switchTo(values, "Img2img", "Inpaint");
const switch_to_extras = (...values) => switchTo(values, "Extras");
const extract_image_from_gallery = (gallery) => [gallery?.length ? [gallery[0]] : [null]];
const selected_gallery_index = () => 0;

function readOptions() {
  const text = gradioApp().querySelector("#settings_json textarea")?.value;
  if (!text) return;
  const first = Object.keys(opts).length === 0;
  opts = JSON.parse(text);
  callAll(first ? optionsAvailableCallbacks : optionsChangedCallbacks);
}

/** Opens or closes an accordion that is an input, and shows its tick, as its hidden checkbox says. */
function inputAccordionChecked(id, checked) {
  const accordion = document.getElementById(id);
  const label = accordion?.querySelector(".label-wrap");
  if (!label) return;
  const tick = document.getElementById(`${id}-visible-checkbox`);
  if (tick) tick.checked = checked;
  if (label.classList.contains("open") !== checked) label.click();
}

/** Puts a tick into the label of each such accordion; opening by the label ticks it too. */
function connectInputAccordions() {
  for (const accordion of gradioApp().querySelectorAll(".input-accordion")) {
    const box = document.querySelector(`#${accordion.id}-checkbox input`);
    const label = accordion.querySelector(".label-wrap");
    if (!box || !label) continue;
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.id = `${accordion.id}-visible-checkbox`;
    tick.checked = box.checked;
    label.querySelector("span").prepend(tick);
    tick.addEventListener("click", (event) => {
      event.stopPropagation();
      if (box.checked !== tick.checked) box.click();
    });
    label.addEventListener("click", () =>
      setTimeout(() => {
        const isOpen = label.classList.contains("open");
        if (box.checked !== isOpen) box.click();
      }),
    );
  }
}

let currentTab = null;
let afterUpdate = null;
const isReady = () =>
  gradioApp().querySelector("#txt2img_generate") !== null &&
  gradioApp().querySelector("#settings_json textarea")?.value;

function observe(mutations) {
  if (!uiIsLoaded && isReady()) {
    uiIsLoaded = true;
    readOptions();
    showSubmitButtons("txt2img", true);
    showSubmitButtons("img2img", true);
    connectInputAccordions();
    callAll(loadedCallbacks);
  }
  if (!uiIsLoaded) return;
  callAll(updateCallbacks, mutations);
  clearTimeout(afterUpdate);
  afterUpdate = setTimeout(() => callAll(afterUpdateCallbacks), 200);
  const tab = get_uiCurrentTab();
  if (tab && tab !== currentTab) {
    currentTab = tab;
    callAll(tabChangeCallbacks);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver(observe).observe(gradioApp(), { childList: true, subtree: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
  event.preventDefault();
  get_uiCurrentTabContent()?.querySelector("button[id$=_generate]")?.click();
});
