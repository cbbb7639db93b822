// What pages of messages do when the browser runs scripts: keep what is typed on the server, and say when there is news.
// Without scripts the same pages work with their buttons. Words come from the page; nothing is ever put in as markup.
"use strict";

const PAUSE_MS = 1500;

function valueOf(form, name) {
  const field = form.elements.namedItem(name);
  return field && "value" in field ? field.value : "";
}

function written(form) {
  const draft = { body: valueOf(form, "body"), messageId: valueOf(form, "message_id") };
  const kept = form.querySelectorAll('input[name="attachment"]:checked');
  draft.attachments = Array.from(kept, (field) => field.value.split("/")[0]);
  if (form.dataset.patient) draft.patient = form.dataset.patient;
  if (valueOf(form, "topic")) draft.topic = valueOf(form, "topic");
  if (valueOf(form, "subject")) draft.subject = valueOf(form, "subject");
  return draft;
}

function sayThatItEnded(said) {
  const link = document.createElement("a");
  link.href = "/sign-in";
  link.target = "_blank";
  link.textContent = said.dataset.signIn;
  said.className = "faults";
  said.setAttribute("role", "alert");
  said.replaceChildren(`${said.dataset.ended} `, link);
}

function keepWhatIsTyped(form) {
  const said = form.querySelector("[data-kept]");
  let timer = 0;
  let isSending = false;
  async function keep() {
    const draft = written(form);
    if (isSending || !draft.body.trim()) return;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "PUT",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": valueOf(form, "csrf_token") },
        body: JSON.stringify(draft),
      });
      if (answer.status === 401 || answer.status === 403) sayThatItEnded(said);
      else said.textContent = answer.ok ? said.dataset.kept : said.dataset.lost;
    } catch {
      said.textContent = said.dataset.lost;
    }
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE_MS);
  });
  form.addEventListener("submit", () => {
    isSending = true;
    clearTimeout(timer);
  });
}

function sayWhenThereIsNews(place) {
  const events = new EventSource("/api/events");
  let unread = null;
  const tell = () => { place.hidden = false; };
  events.addEventListener("hint", (event) => {
    const hint = JSON.parse(event.data);
    if (hint.kind === "thread" && (!place.dataset.thread || place.dataset.thread === hint.id)) tell();
  });
  events.addEventListener("resync", (event) => {
    const counted = JSON.parse(event.data).unread;
    if (unread !== null && counted !== unread) tell();
    unread = counted;
  });
  window.addEventListener("pagehide", () => events.close());
}

document.querySelectorAll("form[data-draft]").forEach(keepWhatIsTyped);
document.querySelectorAll("[data-news]").forEach(sayWhenThereIsNews);
