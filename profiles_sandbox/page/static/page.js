// Keeps an open page up to date: when the service says that something has changed, the page is
// fetched again and its parts marked data-live are exchanged. Without script the page stays as it
// is, and its forms work.
"use strict";

const AGAIN_MS = 1000; // while requests are under way

const live = document.getElementById("live");
const status = document.getElementById("live-status");
const pause = document.getElementById("pause");
let events = null;
let renewing = false;
let missed = false;
let timer = 0;

function tell(words, look) {
  if (status.textContent !== words) status.textContent = words;
  live.className = "live " + look;
}

// A part that somebody is in, by keyboard or by a selection, waits.
function isUsed(part) {
  const selection = getSelection();
  return part.contains(document.activeElement) ||
    (!selection.isCollapsed && selection.containsNode(part, true));
}

function exchange(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next && !isUsed(part)) part.replaceWith(document.adoptNode(next));
  }
  clearTimeout(timer);
  if (document.querySelector("[data-again]") && events) timer = setTimeout(renew, AGAIN_MS);
}

async function renew() {
  missed = renewing;
  if (renewing) return;
  renewing = true;
  try {
    const answer = await fetch(location.href);
    if (answer.ok && events) exchange(await answer.text());
  } catch {
    // the stream of events says that the service is gone
  }
  renewing = false;
  if (missed) renew();
}

function listen() {
  events = new EventSource("/events");
  events.onopen = () => tell("Live", "on");
  events.onmessage = renew;
  events.onerror = () => tell(events.readyState === EventSource.CLOSED ? "Not live" : "The service is gone", "lost");
}

function stop() {
  clearTimeout(timer);
  events?.close();
  events = null;
}

pause.addEventListener("click", () => {
  const pressed = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", pressed);
  if (pressed) {
    stop();
    tell("Paused", "");
  } else listen();
});

// A browser has few connections to one place: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  if (pause.getAttribute("aria-pressed") === "true") return;
  stop();
  if (!document.hidden) listen();
});

// A switch does not leave the page.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields });
    if (form.closest("#active")) document.getElementById("switches-head").focus(); // the button goes
    if (answer.ok) exchange(await answer.text());
    else tell("The service did not take it", "lost");
  } catch {
    tell("The service is gone", "lost");
  }
});

live.hidden = false;
listen();
