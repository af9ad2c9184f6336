// A person with a browser: opens an address, and goes through the forms there as `login`; says yes to all, or no to the
// first question.

const [address, login, verdict] = process.argv.slice(2);

const jar = new Map();

async function go(url, body) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const method = body ? 'POST' : 'GET';
  const response = await fetch(url, { method, body, headers: { cookie }, redirect: 'manual' });
  for (const set of response.headers.getSetCookie()) {
    const [name, value] = set.split(';')[0].split(/=(.*)/s);
    if (value) jar.set(name, value); else jar.delete(name);
  }
  const next = response.headers.get('location');
  if (next) return go(new URL(next, url));
  return { url, page: await response.text() };
}

function filled(page) {
  const form = new URLSearchParams();
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    form.set(name, value);
  }
  if (page.includes('name="login"')) {
    form.set('login', login);
    form.set('password', 'any');
  }
  if (page.includes('op.deviceConfirmForm') && verdict === 'no') form.set('abort', 'yes');
  return form;
}

let { url, page } = await go(new URL(address));
for (let forms = 0; forms < 9; forms += 1) {
  const action = page.match(/<form[^>]* action="([^"]*)"/);
  if (!action) break;
  const form = filled(page);
  ({ url, page } = await go(new URL(action[1], url), form));
  if (form.has('abort')) break;
}
console.log(page);
