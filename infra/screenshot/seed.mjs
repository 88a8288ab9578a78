// Fills a new self-host with a few tokens and calls, so that there is something to see.

const customers = [
  ['acme', 'ops@acme.example', 'count', 10000, 5400], ['acme', 'batch@acme.example', 'count', 2500, 2390],
  ['northwind', 'api@northwind.example', 'hybrid', 5000, 1240], ['northwind', 'research@northwind.example', 'time', null, 310],
  ['lumen-labs', 'team@lumen.example', 'count', 50000, 18200], ['lumen-labs', 'ci@lumen.example', 'hybrid', 1000, 1000],
  ['harbor', 'gateway@harbor.example', 'count', 20000, 2600], ['orchid', 'hello@orchid.example', 'hybrid', 800, 736],
  ['meridian', 'platform@meridian.example', 'count', 7500, 3300], ['quill', 'writer@quill.example', 'time', null, 95],
];

const snippets = [
  'return input.a + input.b', 'console.log("resized", input.name); return { ok: true }', 'return [1, 2, 3].map(n => n * n)',
  'throw new TypeError("price is not a number")', 'return JSON.stringify(input)',
];

/** @returns the public id of the token with the richest ledger */
export async function seed(url, adminToken) {
  const made = [];
  for (const [workspace, email, type, total, used] of customers) {
    const token = await send(url, 'POST', '/flow/tokens', adminToken, {
      ws_id: workspace, email, quota_type: type, ...(total === null ? {} : { total_quota: total }),
      ...(type === 'count' ? { operation: 'unlimited' } : { operation: 'add', days: workspace === 'orchid' ? 4 : 90 }),
      rate_limit_per_minute: 600,
    });
    made.push({ ...token, used });
  }

  for (const token of made) {
    const [large, count] = token.total_quota === null ? [1, 8] : [Math.floor(token.used / 8), 8];
    for (let call = 0; call < count; call++) {
      await send(url, 'POST', '/flow/consume', token.access_token, { cost: Math.max(1, large) });
    }
  }

  const [shown] = made;
  for (let turn = 0; turn < 14; turn++) {
    await send(url, 'POST', '/flow/consume', shown.access_token, { cost: 120 + (turn * 97) % 210 });
    if (turn % 5 === 3) {
      await send(url, 'PUT', `/flow/tokens/${shown.token_id}`, adminToken, { quota_operation: 'add', quota_amount: 2500 });
    }
    const code = Buffer.from(snippets[turn % snippets.length]).toString('base64');
    await send(url, 'POST', '/flow/execute', shown.access_token, { code_base64: code, input: { a: 2, b: 40, name: 'cover.png' } }, [200, 400]);
    await new Promise(resolve => setTimeout(resolve, 400));
  }
  await send(url, 'PUT', `/flow/tokens/${made[6].token_id}`, adminToken, { is_active: false });
  return shown.token_id;
}

async function send(url, method, path, token, body, good = [200]) {
  const response = await fetch(url + path, {
    method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!good.includes(response.status)) {
    throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  }
  return answer.data;
}
