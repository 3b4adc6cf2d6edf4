// The page: asks the API for scripts, sets them as a screenplay, and keeps every take until the tab is closed.

const $ = (id) => document.getElementById(id);
const SERVICE = new URL(".", import.meta.url); // where this file lies, whatever stage or domain stands before it
const WAIT_MS = 35_000; // API Gateway gives up after 29 s
const SLOW_MS = 1_200; // a warm service answers before

const desk = $("desk");
const field = (name) => desk.elements.namedItem(name); // elements.length is how many there are
const FIELDS = [...new FormData(desk).keys()];
const LISTS = ["cast", "stop"];
const TEXTS = ["prime", "format", "end", ...LISTS];

/** Every take: {fields, from: {take, index} that it goes on from or null, scripts: [{text, seed, ...}], model, ms}. */
const takes = [];
let current = -1;
let busy = false;
let answered = false; // whether the service is awake


// ---- The API

/** What went wrong, as a sentence that says what to do. */
class Fault extends Error {
  constructor(message, { field = "", suggestions = [], wantsKey = false } = {}) {
    super(message);
    Object.assign(this, { field, suggestions, wantsKey });
  }
}

/** The key, for this tab; a browser may refuse to keep anything. */
const key = {
  value: "",
  get() {
    try { return this.value || sessionStorage.getItem("key") || ""; } catch { return this.value; }
  },
  set(value) {
    this.value = value;
    try { sessionStorage.setItem("key", value); } catch { /* then it lasts until the page is left */ }
  },
};

async function ask(path, content) {
  const headers = {};
  if (content) headers["Content-Type"] = "application/json";
  if (key.get()) headers["x-api-key"] = key.get();
  const body = content && JSON.stringify(content);
  const options = { method: content ? "POST" : "GET", headers, body, signal: AbortSignal.timeout(WAIT_MS) };
  let response, reply;
  try {
    response = await fetch(new URL(path, SERVICE), options);
    reply = await response.json();
  } catch (error) {
    throw new Fault(unreached(error, response));
  }
  answered = true;
  if (!response.ok) throw refused(response, reply);
  return reply;
}

function unreached(error, response) {
  if (error.name === "TimeoutError") return "The writers took too long. Try again, perhaps with fewer words.";
  if (response?.ok) return "The reply broke off. Try again.";
  if (response) return failed(response.status);
  if (!navigator.onLine) return "You are offline. What is written stays here; try again when you are back.";
  return "The service can't be reached. Check the connection and try again; what is written stays here.";
}

function refused(response, reply) {
  const { status } = response;
  const error = reply?.error ?? {};
  if (status === 401 || status === 403) {
    const message = key.get() ? "That key was not accepted. Check it and try again." : "This service asks for a key.";
    return new Fault(message, { wantsKey: true });
  }
  if (status === 429) return new Fault(`Too many ask at once. Try again in ${seconds(response, "a few seconds")}.`);
  if (status === 503) return new Fault(`The writers are not in yet. Try again in ${seconds(response, "a few seconds")}.`);
  if (status >= 500) return new Fault(failed(status));
  return new Fault(sentence(error.message ?? reply?.message ?? `The service answered ${status}`), error);
}

const failed = (status) => status === 504
  ? "The writers took too long. Try again, perhaps with fewer words."
  : `The service failed (${status}). Try again; what is written stays here.`;

function seconds(response, otherwise) {
  const wait = Number(response.headers.get("Retry-After"));
  return wait > 0 ? `${wait} second${wait === 1 ? "" : "s"}` : otherwise;
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;


// ---- The fields

/** What the form holds, as the API takes it; a field that is left empty has the API's default. */
function readFields() {
  const fields = {};
  for (const [name, value] of new FormData(desk)) {
    if (value.trim()) fields[name] = value;
  }
  return fields;
}

function asJson(fields) {
  const content = {};
  for (const [name, value] of Object.entries(fields)) {
    if (LISTS.includes(name)) content[name] = value.split(",").map(unescaped).filter(Boolean);
    else if (TEXTS.includes(name) || Number.isNaN(Number(value))) content[name] = value; // the API says what is wrong
    else content[name] = Number(value);
  }
  return content;
}

/** A line break is typed as \n, for it would end the field. */
const unescaped = (text) => (text.trim() === "\\n" ? "\n" : text.trim());

function fillIn(fields) {
  for (const name of FIELDS) {
    const input = field(name);
    const value = fields[name] ?? "";
    if (input.type === "range") {
      input.max = Math.max(2, Number(value) || 0);
      input.value = value || input.defaultValue;
    } else {
      input.value = value;
    }
    if (input.tagName === "SELECT" && input.selectedIndex < 0) input.selectedIndex = 0;
  }
  const inMore = [...$("more").querySelectorAll("[name]")];
  if (inMore.some((input) => input.name !== "seed" && fields[input.name])) $("more").open = true;
  showFields();
}

function showFields() {
  $("temperature-shown").textContent = field("temperature").value;
  const prime = field("prime");
  prime.style.height = "auto"; // for browsers without field-sizing
  prime.style.height = `${prime.scrollHeight + 2}px`;
}


// ---- Links: the fields and the seed of each step that led to a script

function linkOf(take, index = null) {
  const steps = [];
  for (let at = { take, index }; at; at = at.take.from) {
    const fields = { ...at.take.fields };
    if (at.index !== null) {
      fields.seed = String(at.take.scripts[at.index].seed); // it makes that script again, alone too
      delete fields.n;
    }
    steps.unshift(fields);
  }
  const link = new URLSearchParams(steps[0]);
  for (const step of steps.slice(1)) link.append("then", new URLSearchParams(step));
  link.set("model", take.model.version);
  return `#${link}`;
}

/** The steps of a link, or null if it has none. */
function readLink(hash) {
  const link = new URLSearchParams(hash.replace(/^#/, ""));
  if (!link.get("prime")) return null;
  const known = (pairs) => Object.fromEntries([...pairs].filter(([name]) => FIELDS.includes(name)));
  const steps = [known(link), ...link.getAll("then").map((step) => known(new URLSearchParams(step)))];
  return { steps, model: link.get("model") };
}

async function openLink() {
  const link = readLink(location.hash);
  if (!link) return;
  const { seed, ...form } = { ...link.steps.at(-1), prime: link.steps[0].prime };
  fillIn(form);
  await work(async () => {
    let from = null;
    for (const fields of link.steps) {
      const take = await write(fields, from);
      from = { take, index: 0 };
    }
    show(from.take);
    if (link.model && link.model !== from.take.model.version) {
      tell("The link was made with another model, so this is not the script that it led to.");
    }
  });
}


// ---- Writing

/** One thing at a time: run what asks the API, tell how it goes, and show what goes wrong. */
async function work(task) {
  if (busy) return;
  busy = true;
  markBusy();
  clearFault();
  const wasAwake = answered;
  tell(wasAwake ? "" : "Writing", true);
  const slow = setTimeout(() => tell(wasAwake ? "Still writing" : "Waking up the writers' room", true), SLOW_MS);
  try {
    await task();
  } catch (error) {
    if (!(error instanceof Fault)) console.error(error);
    showFault(error instanceof Fault ? error : new Fault("This page can't read the reply. Reload it and try again."), task);
  } finally {
    clearTimeout(slow);
    if ($("status").classList.contains("waiting")) tell("");
    busy = false;
    markBusy();
  }
}

/** Ask for scripts from a prime, or that go on from a script of an earlier take. */
async function write(fields, from) {
  const content = asJson(fields);
  const before = from && from.take.scripts[from.index].text;
  if (from) content.format = from.take.fields.format ?? "script";
  const { reply, isCut } = from ? await askOn(content, before) : { reply: await ask("generate", content) };
  const scripts = (reply.scripts ?? [reply]).map((script) => ({
    ...script,
    text: isCut ? joined(before, script.script) : script.script,
  }));
  const sent = { ...fields, seed: String(scripts[0].seed) };
  if (from) {
    delete sent.prime;
    sent.format = content.format;
  }
  return { fields: sent, from, scripts, model: reply.model, ms: reply.timing.generate_ms };
}

/** Ask for what a script goes on with; `isCut` tells whether the reply begins with the script's end only. */
async function askOn(content, before) {
  const prime = lastPart(before);
  const reply = await ask("generate", { ...content, prime });
  return { reply, isCut: prime !== before || reply.prime_words_left_out };
}

/** As much of a long script as the API takes: it reads the last 2,000 words. */
function lastPart(text, most = 40_000) {
  if (text.length <= most) return text;
  const begin = text.indexOf("\n\n", text.length - most);
  return begin < 0 ? text.slice(-most) : text.slice(begin + 2);
}

/** A script and what it goes on with, where the latter begins with the former's end only. */
function joined(before, script) {
  for (let size = Math.min(200, script.length); size >= 20; size = Math.floor(size / 2)) {
    const at = before.lastIndexOf(script.slice(0, size));
    if (at >= 0) return before.slice(0, at) + script;
  }
  return `${before}\n\n${script}`;
}

const begin = () => work(async () => {
  if (!field("prime").value.trim()) {
    throw new Fault("Give the script a word to begin with.", { field: "prime" });
  }
  show(await write(readFields(), null));
});

/** The same step once more: with another seed, or with the same. */
const again = (seed) => work(async () => {
  const { from } = takes[current];
  const { seed: typed, ...fields } = readFields();
  if (from) delete fields.prime;
  show(await write(seed === undefined ? fields : { ...fields, seed }, from));
});

const goOn = (take, index) => work(async () => {
  const { seed, prime, ...fields } = readFields();
  show(await write(fields, { take, index }));
});


// ---- Takes

function show(take) {
  current = takes.push(take) - 1;
  showTake(true);
  const { scripts, ms } = take;
  const count = scripts.reduce((sum, script) => sum + script.length, 0);
  tell(`${scripts.length > 1 ? `${scripts.length} scripts, ` : ""}${count} words written in ${shownMs(ms)}.`);
}

function showTake(isNew = false) {
  const take = takes[current];
  stopTyping();
  $("scripts").classList.toggle("several", take.scripts.length > 1);
  const sheets = take.scripts.map((script, index) => sheet(take, script, index));
  const does = document.activeElement?.dataset.does; // a tool of a sheet that goes away: its successor has the focus
  $("scripts").replaceChildren(...sheets);
  if (does) sheets[0].querySelector(`[data-does=${does}]`).focus({ preventScroll: true });
  $("takes").hidden = false;
  if (isNew) {
    type(take, sheets);
    if (!take.from) bringIntoView();
  }
  $("pages").hidden = takes.length < 2;
  $("which").textContent = `Take ${current + 1} of ${takes.length}`;
  history.replaceState(null, "", linkOf(take));
  document.title = `${take.scripts[0].text.split("\n")[0].slice(0, 40)} – Cold Open`;
  markBusy();
}

/** On a small screen the paper begins below the controls. */
function bringIntoView() {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isBelow = $("scripts").getBoundingClientRect().top > innerHeight * 0.6;
  if (isBelow) $("bar").scrollIntoView({ block: "start", behavior: isCalm ? "instant" : "smooth" });
}

function turnTo(index) {
  if (index < 0 || index >= takes.length || busy) return;
  current = index;
  showTake();
  tell(`Take ${current + 1} of ${takes.length}.`);
}

const shownMs = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

const ENDED = { deadline: "time ran out: go on", stop: "stopped" };

function sheet(take, script, index) {
  const article = $("sheet").content.firstElementChild.cloneNode(true);
  article.setAttribute("aria-label", take.scripts.length > 1 ? `Script ${index + 1}` : "Script");
  article.querySelector(".script").append(...paragraphs(script.text, take.fields.format));
  const meta = [
    `${take.model.name} ${take.model.version}`,
    `${script.length} word${script.length === 1 ? "" : "s"}`,
    shownMs(take.ms),
    `seed ${script.seed}`,
    ENDED[script.finish_reason],
  ];
  article.querySelector(".meta").textContent = meta.filter(Boolean).join(" · ");
  for (const button of article.querySelectorAll("[data-does]")) {
    button.addEventListener("click", () => TOOLS[button.dataset.does](take, index, article));
  }
  return article;
}

/** A script's lines, each set as what it is. Text only: nothing in it is ever read as HTML. */
function paragraphs(text, format = "script") {
  if (format !== "script") return [paragraph("raw", text, 0)];
  const found = [];
  let begin = 0;
  for (const block of text.split("\n\n")) {
    const lines = block.split("\n");
    let at = begin;
    lines.forEach((line, index) => {
      found.push(paragraph(lines.length === 1 ? "action" : index ? spoken(line) : "cue", line, at));
      at += line.length + 1;
    });
    begin += block.length + 2;
  }
  return found;
}

const spoken = (line) => (line.startsWith("(") && line.endsWith(")") ? "parenthetical" : "dialogue");

function paragraph(kind, text, begin) {
  const element = document.createElement("p");
  element.className = kind;
  element.textContent = text;
  Object.assign(element, { text, begin });
  return element;
}


// ---- Typing

let typing = null; // {frame, sheets}

/** Type what is new, as fast as it takes at most three seconds; the sheet has its full size from the start. */
function type(take, sheets) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const before = take.from ? take.from.take.scripts[take.from.index].text : "";
  const jobs = sheets.map((article, index) => {
    const { text } = take.scripts[index];
    return { article, text, begin: sharedLength(before, text), lines: [...article.querySelector(".script").children] };
  });
  const most = Math.max(...jobs.map((job) => job.text.length - job.begin));
  const perMs = Math.max(0.3, most / 3000);
  const begun = performance.now();
  typing = { sheets, frame: 0 };
  for (const { article } of jobs) {
    article.setAttribute("aria-busy", "true");
    article.classList.add("typing");
  }
  const skip = sheets[0].querySelector(".skip");
  skip.hidden = false;
  skip.addEventListener("click", stopTyping);
  for (const article of sheets) article.querySelector(".script").addEventListener("click", stopTyping);
  const step = (now) => {
    const count = Math.max(0, now - begun) * perMs;
    if (count >= most) return stopTyping();
    for (const job of jobs) uncover(job.lines, job.begin + Math.floor(count));
    typing.frame = requestAnimationFrame(step);
  };
  step(begun);
}

/** Show the first `end` characters of a sheet, and hide the others where they stand. */
function uncover(lines, end) {
  for (const line of lines) {
    const count = Math.min(Math.max(end - line.begin, 0), line.text.length);
    if (line.shown === count) continue;
    line.shown = count;
    if (count === line.text.length) {
      line.textContent = line.text;
      continue;
    }
    const rest = document.createElement("span");
    rest.className = "untyped";
    rest.textContent = line.text.slice(count);
    const caret = document.createElement("span");
    caret.className = "caret";
    line.replaceChildren(line.text.slice(0, count), ...(count ? [caret] : []), rest);
  }
}

function stopTyping() {
  if (!typing) return;
  cancelAnimationFrame(typing.frame);
  for (const article of typing.sheets) {
    for (const line of article.querySelector(".script").children) line.textContent = line.text;
    article.removeAttribute("aria-busy");
    article.classList.remove("typing");
    const skip = article.querySelector(".skip");
    if (document.activeElement === skip) article.querySelector(".first").focus({ preventScroll: true });
    skip.hidden = true;
  }
  typing = null;
}

function sharedLength(before, text) {
  let length = 0;
  while (length < before.length && before[length] === text[length]) length += 1;
  return length;
}


// ---- What can be done with a script

const TOOLS = {
  goOn,
  copy: (take, index) => copy(take.scripts[index].text, "The script is copied."),
  link: (take, index) => {
    history.replaceState(null, "", linkOf(take, take.scripts.length > 1 ? index : null));
    return copy(location.href, "The link is copied. Whoever opens it sees this script.", "The link is in the address bar.");
  },
  text: (take, index) => download(take.scripts[index].text, "txt"),
  fountain: (take, index) => work(async () => download(await fountain(take, index), "fountain")),
  print: (_, __, article) => {
    stopTyping();
    $("scripts").classList.add("one-only");
    article.classList.add("printed");
    print();
  },
};

addEventListener("beforeprint", stopTyping);
addEventListener("afterprint", () => {
  $("scripts").classList.remove("one-only");
  for (const article of document.querySelectorAll(".printed")) article.classList.remove("printed");
});

async function copy(text, done, otherwise = "This browser does not let the page copy; select the script and press Ctrl+C.") {
  try {
    await navigator.clipboard.writeText(text);
    tell(done);
  } catch {
    tell(otherwise);
  }
}

/** A script as Fountain markup, which the API makes; of a long script from all steps that led to it. */
async function fountain(take, index) {
  const { text, seed } = take.scripts[index];
  if (take.fields.format === "fountain") return text;
  const { n, ...fields } = take.fields;
  const content = { ...asJson({ ...fields, seed: String(seed) }), format: "fountain" };
  if (!take.from) return (await ask("generate", content)).script;
  const { reply, isCut } = await askOn(content, take.from.take.scripts[take.from.index].text);
  return isCut ? joined(await fountain(take.from.take, take.from.index), reply.script) : reply.script;
}

function download(text, suffix) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" }));
  const name = text.match(/[\p{L}\p{N}]+/u)?.[0].toLowerCase() ?? "script";
  link.download = `cold-open-${name}.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  tell(`${link.download} is downloaded.`);
}


// ---- Telling

function tell(text, isWaiting = false) {
  $("status").textContent = text;
  $("status").classList.toggle("waiting", isWaiting && text !== "");
}

function markBusy() {
  const set = (button, isOff) => button.setAttribute("aria-disabled", String(isOff));
  for (const button of document.querySelectorAll("#write, #another, #same, [data-does=goOn], [data-does=fountain]")) {
    set(button, busy);
  }
  set($("earlier"), busy || current <= 0);
  set($("later"), busy || current >= takes.length - 1);
}

function clearFault() {
  $("fault").hidden = true;
  $("fault").replaceChildren();
  $("key").hidden = true;
  for (const input of desk.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}

let refusedTask = null; // what a key lets go on

function showFault(fault, task) {
  const message = document.createElement("p");
  message.id = "fault-message";
  message.textContent = fault.message;
  $("fault").replaceChildren(message);
  $("fault").hidden = false;
  if (fault.wantsKey) {
    refusedTask = task;
    $("key").hidden = false;
    $("key-value").focus();
    return;
  }
  const input = FIELDS.includes(fault.field) ? field(fault.field) : null;
  if (!input) return;
  if ($("more").contains(input)) $("more").open = true;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", message.id);
  if (fault.suggestions.length) {
    message.textContent = `${fault.message.replace(/; nearest: .*/s, ".")} Nearest:`;
    $("fault").append(suggestions(fault, input));
  }
  input.focus();
}

/** The nearest words, as buttons that put them in the place of the one that is not known. */
function suggestions(fault, input) {
  const named = fault.message.match(/(?:the word|nobody called) (?:'(.*?)'|"(.*?)")(?:[;. ]|$)/);
  const wrong = (named?.[1] ?? named?.[2] ?? "").toLowerCase();
  const words = document.createElement("p");
  words.className = "words";
  for (const word of fault.suggestions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    button.addEventListener("click", () => {
      input.value = replaced(input, wrong, word);
      clearFault();
      showFields();
      $("write").focus();
    });
    words.append(button);
  }
  return words;
}

function replaced({ tagName, value }, wrong, right) {
  if (tagName === "SELECT") return right;
  const at = wrong ? value.toLowerCase().lastIndexOf(wrong) : -1;
  return at < 0 ? right : value.slice(0, at) + right + value.slice(at + wrong.length);
}


// ---- Words that the model knows, while one is typed

const SHOWN_WORDS = 7;
const PAUSE_MS = 120;
const ORDINARY = /^[\p{L}\p{N}][\p{L}\p{N}'’.&-]*$/u;
const lookedUp = new Map(); // prefix: {words, total}

async function wordsWith(prefix) {
  for (let end = prefix.length; end > 0; end -= 1) {
    const known = lookedUp.get(prefix.slice(0, end));
    if (known && (end === prefix.length || known.total === known.words.length)) {
      return known.words.filter((word) => word.startsWith(prefix)); // all of them are here
    }
  }
  const reply = await ask(`vocabulary?prefix=${encodeURIComponent(prefix)}`);
  lookedUp.set(prefix, reply);
  return reply.words;
}

/** Speakers are the words that end in a colon; a name and its word are offered once. */
function offers(words, prefix, isName) {
  const spelt = words.filter((word) => !isName || word.endsWith(":")).map((word) => word.replace(/:$/, ""));
  const offered = [...new Set(spelt)].filter((word) => ORDINARY.test(word)).slice(0, SHOWN_WORDS);
  return offered.length === 1 && offered[0] === prefix ? [] : offered;
}

function complete(input) {
  const list = $(input.getAttribute("aria-controls"));
  const isName = input.dataset.completes === "name";
  const open = isName ? /[^,\s][^,]*$/ : /[^\s"(]+$/; // what is being typed: a name of several words, or a word
  let active = -1;
  let timer = 0;
  let latest = 0; // what was asked for before is offered no more

  const close = () => {
    clearTimeout(timer);
    latest += 1;
    active = -1;
    expand(false);
    list.hidden = true;
    list.replaceChildren();
    input.removeAttribute("aria-activedescendant");
  };

  const expand = (isOpen) => {
    if (input.role === "combobox") input.setAttribute("aria-expanded", String(isOpen));
  };

  const typed = () => {
    const { selectionStart, value } = input;
    if (/[^\s,]/.test(value[selectionStart] ?? "")) return ""; // within a word
    return value.slice(0, selectionStart).match(open)?.[0].toLowerCase() ?? "";
  };

  const offer = async () => {
    const prefix = typed();
    if (!prefix || prefix.length > 40) return close();
    const asked = (latest += 1);
    const words = offers(await wordsWith(prefix).catch(() => []), prefix, isName);
    if (asked !== latest || document.activeElement !== input) return;
    close();
    if (!words.length) return;
    list.replaceChildren(...words.map((word, index) => option(word, index)));
    list.hidden = false;
    expand(true);
    $("offered").textContent = `${words.length} offered: ${words.join(", ")}`;
  };

  const option = (word, index) => {
    const item = document.createElement("li");
    item.id = `${list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.textContent = word;
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      take(word);
    });
    return item;
  };

  const take = (word) => {
    const end = input.selectionStart;
    input.setRangeText(word, end - typed().length, end, "end");
    close();
    showFields();
  };

  const move = (step) => {
    const items = [...list.children];
    items[active]?.setAttribute("aria-selected", "false");
    active = (active + step + items.length + 1) % (items.length + 1); // one place is the field itself
    const item = items[active];
    item?.setAttribute("aria-selected", "true");
    if (item) input.setAttribute("aria-activedescendant", item.id);
    else input.removeAttribute("aria-activedescendant");
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, PAUSE_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const chosen = list.children[active];
    if (event.key === "Enter") {
      if (!chosen || event.ctrlKey || event.metaKey) return close(); // it writes
      take(chosen.textContent);
    } else if (list.hidden) {
      return;
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}


// ---- Begin

/** Somebody who speaks in the scripts, to begin with; asking also wakes the service up. */
async function offerSpeakers() {
  const slow = setTimeout(() => busy || tell("Waking up the writers' room", true), SLOW_MS);
  try {
    const { words } = await ask("vocabulary");
    const names = words.filter((word) => /^\p{L}+:$/u.test(word)).slice(0, 4);
    $("speakers")?.replaceChildren(...names.map((name) => speaker(name.slice(0, -1))));
  } catch (error) {
    if (error.wantsKey && !busy) showFault(error, offerSpeakers);
  } finally {
    clearTimeout(slow);
    if (!busy && $("status").classList.contains("waiting")) tell("");
  }
}

function speaker(name) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name.toUpperCase();
  button.addEventListener("click", () => {
    field("prime").value = name;
    showFields();
    $("write").focus({ preventScroll: true });
    begin();
  });
  return button;
}

desk.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
desk.addEventListener("input", () => {
  showFields();
  if ($("key").hidden) clearFault();
});
complete($("prime"));
complete($("cast"));
$("prime").addEventListener("keydown", (event) => {
  const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.isComposing;
  if (event.key !== "Enter" || !isPlain || $("prime").value.includes("\n")) return; // a whole scene has lines of its own
  event.preventDefault();
  begin();
});
$("key").addEventListener("submit", (event) => {
  event.preventDefault();
  key.set($("key-value").value.trim());
  $("key-value").value = "";
  clearFault();
  if (refusedTask === offerSpeakers) offerSpeakers();
  else work(refusedTask);
  $("write").focus();
});
$("another").addEventListener("click", () => again());
$("same").addEventListener("click", () => again(String(takes[current].scripts[0].seed)));
$("earlier").addEventListener("click", () => turnTo(current - 1));
$("later").addEventListener("click", () => turnTo(current + 1));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stopTyping();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) begin();
});
addEventListener("hashchange", openLink);

showFields();
await openLink();
if (!takes.length) offerSpeakers();
