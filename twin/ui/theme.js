// Runs before the first paint: the theme that was chosen here, else that of the system.
try {
  const chosen = localStorage.getItem("linetwin-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // storage is switched off: the theme of the system it is
}
