// Every operation and every error of the JavaScript SDK.
import assert from "node:assert/strict";
import { AzureCommunicationTokenCredential } from "@azure/communication-common";
import { CommunicationIdentityClient } from "@azure/communication-identity";
import { createDefaultHttpClient } from "@azure/core-rest-pipeline";

const told = process.env;
const secure = told.SDK_ENDPOINT.startsWith("https:");
const outside = {
  teamsUserAadToken: told.SDK_OUTSIDE_TOKEN,
  clientId: told.SDK_OUTSIDE_APP,
  userObjectId: told.SDK_OUTSIDE_USER,
};

function client(key = told.SDK_KEY, options = {}) {
  const both = { allowInsecureConnection: !secure, ...options };
  return new CommunicationIdentityClient(told.SDK_ENDPOINT, { key }, both);
}

function claims(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64").toString("ascii"));
}

function checkToken({ token, expiresOn }, id, scopes, minutes) {
  const said = claims(token);
  assert.equal("8:" + said.skypeid, id);
  assert.equal(said.acsScope, scopes);
  assert.ok(Math.abs(said.exp - said.iat - minutes * 60) <= 1);
  assert.ok(Math.abs(expiresOn - Date.now() - minutes * 60_000) < 120_000, String(expiresOn));
}

async function refused(status, code, word, doing) {
  await assert.rejects(doing, (why) => {
    assert.equal(why.statusCode, status, why.message);
    assert.equal(why.code, code, why.message);
    assert.ok(why.message.includes(word), `${word} is not in ${why.message}`);
    return true;
  });
}

async function operations(client) {
  const user = await client.createUser();
  const id = user.communicationUserId;
  assert.match(id, /^8:acs:[0-9a-f-]{36}_[0-9a-f-]{36}$/);
  checkToken(await client.getToken(user, ["chat"]), id, "chat", 1440);
  checkToken(await client.getToken(user, ["voip.join"], { tokenExpiresInMinutes: 60 }), id, "voip.join", 60);
  await client.revokeTokens(user);
  checkToken(await client.getToken(user, ["voip"]), id, "voip", 1440);
  const both = await client.createUserAndToken(["chat", "voip"], { tokenExpiresInMinutes: 90 });
  checkToken(both, both.user.communicationUserId, "chat,voip", 90);
  const teams = await client.getTokenForTeamsUser(outside);
  checkToken(teams, "8:" + claims(teams.token).skypeid, "chat,voip", 60);
  await client.deleteUser(user);
  await client.deleteUser(both.user);
  await refused(404, "NotFound", id, () => client.getToken(user, ["voip"]));
}

// Something done to each request after it was signed, or instead of sending it.
function sending(change) {
  const ordinary = createDefaultHttpClient();
  return { httpClient: { sendRequest: async (request) => ordinary.sendRequest(await change(request)) } };
}

async function errors() {
  const denied = (word, doing) => refused(401, "Denied", word, doing);
  const bad = (word, doing) => refused(400, "BadRequest", word, doing);
  const good = client();
  const user = await good.createUser();
  await denied("another access key", () => client(Buffer.alloc(64).toString("base64")).createUser());
  const altered = sending((request) => Object.assign(request, { body: request.body.replace("voip", "chat") }));
  await denied("SHA-256", () => client(undefined, altered).createUserAndToken(["voip"]));
  const now = Date;
  globalThis.Date = class extends now {
    constructor(...given) {
      super(...(given.length ? given : [now.now() - 600_000]));
    }
  };
  try {
    await denied("five minutes", () => good.createUser());
  } finally {
    globalThis.Date = now;
  }
  const nobody = { communicationUserId: user.communicationUserId.slice(0, -4) + "0000" };
  await refused(404, "NotFound", nobody.communicationUserId, () => good.getToken(nobody, ["voip"]));
  await refused(404, "NotFound", nobody.communicationUserId, () => good.revokeTokens(nobody));
  for (const minutes of [0, 59, 1441]) {
    const life = { tokenExpiresInMinutes: minutes };
    await bad(String(minutes), () => good.getToken(user, ["voip"], life));
    await bad(String(minutes), () => good.createUserAndToken(["voip"], life));
  }
  await bad("fly", () => good.getToken(user, ["voip", "fly"]));
  await bad("fly", () => good.createUserAndToken(["fly"]));
  await bad("scope", () => good.getToken(user, []));
  const breaking = { name: "breaking", sendRequest: (request, next) => next(Object.assign(request, { body: "{" })) };
  const broken = client(undefined, { additionalPolicies: [{ policy: breaking, position: "perCall" }] });
  await bad("can't be read", () => broken.createUserAndToken(["voip"]));
  await bad("another application", () => good.getTokenForTeamsUser({ ...outside, clientId: "another" }));
  await bad("another user", () => good.getTokenForTeamsUser({ ...outside, userObjectId: "another" }));
  await denied("not valid here", () => good.getTokenForTeamsUser({ ...outside, teamsUserAadToken: "a.b.c" }));
  await good.deleteUser(user);
}

// A request that is sent again as it was counts again: two that are made in one second look the same.
async function replay() {
  let kept;
  await client(undefined, sending((request) => (kept = request))).createUser();
  const again = await createDefaultHttpClient().sendRequest(kept);
  assert.equal(again.status, 201);
}

// Somebody's own token of another issuer, exchanged by the client library.
async function exchange() {
  const tokenCredential = { getToken: async () => ({ token: told.SDK_OUTSIDE_TOKEN, expiresOnTimestamp: 0 }) };
  for (const scope of [
    "https://communication.azure.com/clients/VoIP",
    "https://auth.msft.communication.azure.com/TeamsExtension.ManageCalls",
  ]) {
    const options = { resourceEndpoint: told.SDK_ENDPOINT, tokenCredential, scopes: [scope] };
    const { token, expiresOnTimestamp } = await new AzureCommunicationTokenCredential(options).getToken();
    const expiresOn = new Date(expiresOnTimestamp);
    checkToken({ token, expiresOn }, "8:" + claims(token).skypeid, "chat,voip", 60);
  }
}

for (const key of [told.SDK_KEY, told.SDK_SECONDARY]) {
  await operations(client(key));
}
await operations(
  new CommunicationIdentityClient(told.COMMUNICATION_SERVICES_CONNECTION_STRING, { allowInsecureConnection: !secure }),
);
// These refuse plain http by themselves.
if (secure) {
  const credential = {
    getToken: async () => ({ token: told.SDK_APP_TOKEN, expiresOnTimestamp: claims(told.SDK_APP_TOKEN).exp * 1000 }),
  };
  await operations(new CommunicationIdentityClient(told.SDK_ENDPOINT, credential));
  await exchange();
}
await errors();
await replay();
console.log("done");
