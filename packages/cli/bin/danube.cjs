#!/usr/bin/env node
// Written for old engines on purpose (ES5, CommonJS, no `node:` prefix): a Node that cannot run danube must still be
// able to read this file and say so.
'use strict';

var REQUIRED = [22, 22, 0];

function isTooOld(version) {
  var found = version.replace(/^v/, '').split('.');
  for (var i = 0; i < REQUIRED.length; i++) {
    var part = parseInt(found[i], 10);
    if (part !== REQUIRED[i]) return !(part > REQUIRED[i]);
  }
  return false;
}

function refuse() {
  var text =
    'danube: error: danube needs Node.js ' +
    REQUIRED.join('.') +
    ' or newer; this is ' +
    process.version +
    ' (' +
    process.execPath +
    ')\n' +
    'hint: in a clone of the repository, `npm ci` installs the right Node.js beside it; then run `npx danube`\n' +
    'hint: elsewhere, install a current Node.js from https://nodejs.org\n';
  require('fs').writeSync(2, text);
  process.exit(2);
}

/** A clone that is not built yet runs its TypeScript as it is, in a second process with the right condition set. */
function runSources(main) {
  var args = ['--conditions=@danube/source', '--disable-warning=ExperimentalWarning', main];
  var child = require('child_process').spawn(process.execPath, args.concat(process.argv.slice(2)), {
    stdio: 'inherit',
  });
  var signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    require('fs').writeSync(2, 'danube: error: cannot start Node.js: ' + error.message + '\n');
    process.exit(3);
  });
  child.on('close', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** `verify` has a bundle of its own, because a small file starts faster; it falls back on the whole program. */
function bundleOf(words) {
  return words[0] === 'provenance' && words[1] === 'verify' ? 'verify.cjs' : 'danube.cjs';
}

/** What V8 makes of a bundle is kept under its content, the version of Node.js and the architecture. */
function compiledPath(bundle, text) {
  var digest = require('crypto').hash('sha256', text, 'hex');
  return bundle + '-' + process.version + '-' + process.arch + '-' + digest.slice(0, 32) + '.v8';
}

/**
 * V8 needs as long to compile the bundle of `verify` as to run it. What it made of it (precompile.cjs) lies beside it, in
 * the folder of the code itself: whoever can write there can change the code as well. It is used for exactly the bundle
 * that it was made of, by exactly the Node.js that made it; elsewhere the bundle is compiled as usual.
 */
function runCompiled(bundle) {
  var fs = require('fs');
  var Script = require('vm').Script;
  var source = fs.readFileSync(bundle, 'latin1'); // esbuild writes ASCII
  var text = '(function (exports, require, module) {' + source + '\n})';
  var compiled = compiledPath(bundle, text);
  var script = new Script(text, { filename: bundle, cachedData: readIfThere(compiled) });
  script.runInThisContext()({}, require, {});
  return { script: script, path: compiled };
}

/** It is not there for another Node.js, in a published package, or while it is made anew. */
function readIfThere(path) {
  var fs = require('fs');
  return fs.existsSync(path) ? fs.readFileSync(path) : undefined;
}

/** A program that cannot even be loaded has decided nothing; left alone, Node.js would end with the code of a rejection. */
function run(bundle) {
  try {
    return bundle.slice(-10) === 'verify.cjs' ? runCompiled(bundle) : require(bundle);
  } catch (error) {
    require('fs').writeSync(2, 'danube: error: ' + ((error && error.stack) || error) + '\n');
    return process.exit(3);
  }
}

function start() {
  var path = require('path');
  var bundle = path.join(__dirname, '..', 'dist', bundleOf(process.argv.slice(2)));
  var main = path.join(__dirname, '..', 'src', 'main.ts');
  var exists = require('fs').existsSync;
  if (exists(bundle) || !exists(main)) return run(bundle);
  return runSources(main);
}

if (isTooOld(process.version)) refuse();
else module.exports = start();
