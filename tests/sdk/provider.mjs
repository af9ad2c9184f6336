// An OpenID provider made by others (oidc-provider), served on this machine for the tests: with the device flow, a client for
// people, one for programs, and forms in which any login with any password is somebody. What a test wants of it, it asks at
// /test/….

import http from 'node:http';
import Provider from 'oidc-provider';

const [clientId, clientSecret] = process.argv.slice(2);

let seconds = 600;
let slowDown = false;

const server = http.createServer((request, response) => callback(request, response));
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: clientId,
    client_secret: clientSecret,
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    redirect_uris: [],
    response_types: [],
  }, {
    client_id: 'crm',
    client_secret: clientSecret,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
    redirect_uris: [],
    response_types: [],
  }],
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({ scope: 'calls', audience: resource, accessTokenFormat: 'jwt' }),
    },
  },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, preferred_username: `${sub}@login.example`, name: `${sub} of elsewhere` }),
  }),
  cookies: { keys: ['a key for tests'] },
  ttl: { DeviceCode: () => seconds, AccessToken: 60, ClientCredentials: 60, IdToken: 60, Interaction: 60, Session: 60, Grant: 60 },
});

provider.use(async (ctx, next) => {
  if (ctx.path === '/test/slow-down') {
    slowDown = true;
    ctx.status = 204;
  } else if (ctx.path === '/test/seconds') {
    seconds = Number(ctx.query.are);
    ctx.status = 204;
  } else if (ctx.path === '/token' && slowDown) {
    slowDown = false;
    ctx.status = 400;
    ctx.body = { error: 'slow_down' };
  } else {
    await next();
    // It leaves this to its default, five seconds, which nobody wants to wait for.
    if (ctx.path === '/device/auth' && ctx.status === 200) ctx.body = { ...ctx.body, interval: 1 };
  }
});

const callback = provider.callback();
console.log(`ready ${issuer}`);
