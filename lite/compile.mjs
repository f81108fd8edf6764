// Runs a lesson's cells in a kernel, and writes the modules that this imports, compiled:
//   node compile.mjs PYODIDE PACKAGES LESSON TARGET
// Only the Python of the browser can compile for itself.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, packages, lesson, target] = process.argv.slice(2);
const root = resolve(folder);
const { loadPyodide } = await import(pathToFileURL(join(root, 'pyodide.mjs')));
const pyodide = await loadPyodide({ indexURL: `${root}/`, packages: packages.split(',') });
pyodide.mountNodeFS('/target', resolve(target));
pyodide.globals.set('lesson', readFileSync(lesson, 'utf-8'));
const code = readFileSync(new URL('compile.py', import.meta.url), 'utf-8');
try {
  await pyodide.runPythonAsync(code);
} catch { // node would show the line of code, which has a million characters
  console.error(pyodide.runPython(
    'import sys, traceback; "".join(traceback.format_exception(sys.last_exc))'));
  process.exit(1);
}
