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
