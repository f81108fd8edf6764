// The first visit begins with the first lesson, later ones with the map of the course. An address
// that names a notebook opens that one, and a page that is loaded again stays as it was.
try {
  if (!location.search && !sessionStorage.getItem('iamlab')) {
    const first = !localStorage.getItem('iamlab');
    const opened = first ? '00_start_here.ipynb' : 'index.ipynb';
    history.replaceState(null, '', `?path=${opened}`);
  }
  sessionStorage.setItem('iamlab', 'open');
  localStorage.setItem('iamlab', 'visited');
} catch { // without storage JupyterLite opens its launcher
}

// On a phone, the list of files would leave no room for the lesson; its button opens it again.
const waiting = setInterval(async () => {
  const app = window.jupyterapp;
  if (!app?.shell.currentWidget) return; // opening a notebook also opens the list
  clearInterval(waiting);
  await app.restored;
  await app.shell.currentWidget.context?.ready;
  if (matchMedia('(max-width: 760px)').matches) {
    app.shell.collapseLeft();
    app.commands.execute('application:toggle-side-tabbar', { side: 'right' });
  }
}, 100);
