// Says what to do where the page's scripts do not run, such as in a page that was opened as a file. Not a module, for that reason.
{
  const fromFile = location.protocol === "file:";
  document.getElementById("from-file").hidden = !fromFile;
  document.getElementById("from-server").hidden = fromFile;
  // on a slow connection the scripts take a while: no alarm before that
  const main = document.getElementById("not-started");
  setTimeout(() => (main.hidden = false), fromFile ? 0 : 15000);
  // once the studio is drawn, `main` is gone and its own messages take over
  const reason = document.getElementById("start-error");
  const tell = ({ message }) => {
    main.hidden = false;
    reason.hidden = false;
    reason.textContent = message || "A file of the page could not be loaded.";
  };
  addEventListener("error", tell, true);
}
