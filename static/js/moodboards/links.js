// Links that open a dialog of this page where there are scripts, and a page of their own where not.

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-opens]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (document.getElementById(link.dataset.opens)) event.preventDefault();
});
