const show = v => v === null ? 'null' : typeof v === 'string' ? JSON.stringify(v) : Object.is(v, -0) ? '-0' : typeof v === 'bigint' ? v + 'n' : typeof v === 'function' ? 'function ' + v.name : typeof v !== 'object' ? String(v) : Array.isArray(v) ? '[' + Array.prototype.map.call(v, show).join() + ']' : v instanceof Error ? String(v) : '{' + Object.keys(v).map(k => k + ':' + show(v[k])).join() + '}';
return await (async () => { /* snippet */ 
})().then(show, e => 'throws ' + (e instanceof Error ? e.name : show(e)));
