// The page of a puzzle is empty until Python has started: a line says so until the puzzle is there.
addEventListener('DOMContentLoaded', () => {
  if (!location.hash.includes('code=')) return; // then nothing runs at the start
  const line = document.createElement('p');
  line.setAttribute('role', 'status');
  line.textContent = 'Python is starting. The puzzle is here in a few seconds.';
  line.style.cssText = `position: fixed; z-index: 1001; top: 60px; left: 0; right: 0; margin: 0 16px;
    text-align: center; font: 16px/1.5 system-ui, sans-serif; color: #595959`;
  document.body.append(line);
  const waiting = setInterval(() => {
    if (!document.querySelector('.jp-OutputArea-output')) return;
    clearInterval(waiting);
    line.remove();
  }, 100);
});
