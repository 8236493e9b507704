"use strict";
// Asks for the page once more with the token that this tab has, or with one that is typed in.
const KEY = "stream-token";
const input = document.getElementById("token");

function go(token) {
  location.replace("/?token=" + encodeURIComponent(token) + location.hash);
}

function typed() {
  if (input.value) go(input.value.trim());
}

const kept = sessionStorage.getItem(KEY);
if (new URLSearchParams(location.search).has("token")) {
  sessionStorage.removeItem(KEY);
  history.replaceState(null, "", "/" + location.hash);
  document.getElementById("wrong").textContent = "That was not the token.";
} else if (kept) {
  go(kept);
}
document.getElementById("go").addEventListener("click", typed);
input.addEventListener("keydown", (event) => { if (event.key === "Enter") typed(); });
input.focus();
