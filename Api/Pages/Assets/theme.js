// Before the first paint: the theme that was chosen here, else the system's.
(() => {
  let theme = null;
  try { theme = localStorage.getItem('theme'); } catch { /* storage may be off */ }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
