// Re-creates node20.json from snippets.txt: TZ=UTC LANG=en_US.UTF-8 node node20.mjs, with Node 20.
// A snippet is an expression, or the statements of an async function's body. One array a snippet: topic, body, Node's answer.
import { readFileSync, writeFileSync } from 'node:fs';

const at = name => new URL(name, import.meta.url);
const AsyncFunction = (async () => { }).constructor;
const frame = readFileSync(at('answer.js'), 'utf8');

function body(snippet) {
    try {
        new AsyncFunction(`return (\n${snippet}\n)`);
        return `return (${snippet})`;
    } catch {
        return snippet;
    }
}

async function answer(code) {
    let run;
    try {
        run = new AsyncFunction(frame.replace('/* snippet */', () => code));
    } catch (error) {
        return `throws ${error.name}`;
    }
    return await run();
}

const rows = [];
let topic;
for (const line of readFileSync(at('snippets.txt'), 'utf8').trimEnd().split('\n')) {
    if (line.startsWith('#')) {
        topic = line.slice(2);
    } else {
        const code = body(line);
        rows.push(JSON.stringify([topic, code, await answer(code)]));
    }
}

writeFileSync(at('node20.json'), `[\n${rows.join(',\n')}\n]\n`);
