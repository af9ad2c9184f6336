"""Every operation and every error of the asynchronous Python SDK."""

import asyncio
from datetime import timedelta
from unittest import mock

import aiohttp
from azure.communication.identity import CommunicationUserIdentifier
from azure.communication.identity.aio import CommunicationIdentityClient
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

import scenario
from scenario import OUTSIDE, SECURE, check, check_refusal, check_token, check_user


def with_key(key):
    return CommunicationIdentityClient(scenario.ENDPOINT, AzureKeyCredential(key))


class AppCredential:
    async def get_token(self, *scopes, **kwargs):
        return AccessToken(scenario.APP_TOKEN, scenario.claims(scenario.APP_TOKEN)["exp"])

    async def close(self):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, *details):
        pass


async def refused(kind, status, code, word, do):
    try:
        await do()
    except kind as refusal:
        check_refusal(refusal, status, code, word)
    else:
        raise AssertionError(f"{code} was not met")


async def operations(client):
    user = await client.create_user()
    identity = check_user(user)
    check_token(await client.get_token(user, ["chat"]), identity, "chat", 1440)
    hour = await client.get_token(user, ["voip.join"], token_expires_in=timedelta(hours=1))
    check_token(hour, identity, "voip.join", 60)
    await client.revoke_tokens(user)
    check_token(await client.get_token(user, ["voip"]), identity, "voip", 1440)
    both, token = await client.create_user_and_token(["chat", "voip"], token_expires_in=timedelta(minutes=90))
    check_token(token, check_user(both), "chat,voip", 90)
    teams = await client.get_token_for_teams_user(**OUTSIDE)
    check_token(teams, "8:" + scenario.claims(teams.token)["skypeid"], "chat,voip", 60)
    again = await client.get_token_for_teams_user(**OUTSIDE)
    check(scenario.claims(again.token)["skypeid"] == scenario.claims(teams.token)["skypeid"], "somebody else")
    await client.delete_user(user)
    await client.delete_user(both)
    await refused(ResourceNotFoundError, 404, "NotFound", identity, lambda: client.get_token(user, ["voip"]))


async def errors(client):
    denied = lambda word, do: refused(ClientAuthenticationError, 401, "Denied", word, do)
    bad = lambda word, do: refused(HttpResponseError, 400, "BadRequest", word, do)
    user = await client.create_user()
    async with with_key(scenario.WRONG_KEY) as wrong:
        await denied("another access key", wrong.create_user)
    await denied("SHA-256", lambda: client.create_user_and_token(["voip"], raw_request_hook=scenario.alter))
    with mock.patch("azure.communication.identity._shared.policy.get_current_utc_time", scenario.ten_minutes_ago):
        await denied("five minutes", client.create_user)
    nobody = CommunicationUserIdentifier(user.properties["id"][:-4] + "0000")
    for do in [lambda: client.get_token(nobody, ["voip"]), lambda: client.revoke_tokens(nobody)]:
        await refused(ResourceNotFoundError, 404, "NotFound", nobody.properties["id"], do)
    for minutes in [0, 59, 1441]:
        life = timedelta(minutes=minutes)
        await bad(str(minutes), lambda: client.get_token(user, ["voip"], token_expires_in=life))
        await bad(str(minutes), lambda: client.create_user_and_token(["voip"], token_expires_in=life))
    await bad("fly", lambda: client.get_token(user, ["voip", "fly"]))
    await bad("fly", lambda: client.create_user_and_token(["fly"]))
    await bad("scope", lambda: client.get_token(user, []))
    malformed = HttpRequest("POST", scenario.MALFORMED, content="{", headers={"Content-Type": "application/json"})
    answer = await client._identity_service_client.send_request(malformed)
    check((answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest"), answer.text())
    await bad("another application", lambda: client.get_token_for_teams_user(**{**OUTSIDE, "client_id": "another"}))
    await bad("another user", lambda: client.get_token_for_teams_user(**{**OUTSIDE, "user_object_id": "another"}))
    await denied("not valid here", lambda: client.get_token_for_teams_user(**{**OUTSIDE, "aad_token": "a.b.c"}))
    await client.delete_user(user)


async def replay(client):
    """A request that is sent again as it was counts again: two that are made in one second look the same."""
    kept = {}
    await client.create_user(raw_request_hook=scenario.keep(kept))
    async with aiohttp.ClientSession() as session:
        async with session.post(kept["url"], headers=kept["headers"]) as answer:
            check(answer.status == 201, "a replay")


async def main():
    for key in [scenario.KEY, scenario.SECONDARY]:
        async with with_key(key) as client:
            await operations(client)
    # Both refuse plain http by themselves.
    if SECURE:
        async with CommunicationIdentityClient.from_connection_string(scenario.CONNECTION) as client:
            await operations(client)
        async with CommunicationIdentityClient(scenario.ENDPOINT, AppCredential()) as client:
            await operations(client)
    # The host of an endpoint with a slash at its end is signed with that slash.
    async with CommunicationIdentityClient(scenario.ENDPOINT + "/", AzureKeyCredential(scenario.KEY)) as client:
        await operations(client)
    async with with_key(scenario.KEY) as client:
        await errors(client)
        await replay(client)


asyncio.run(main())
print("done")
