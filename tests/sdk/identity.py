"""Every operation and every error of the synchronous Python SDK."""

from datetime import timedelta
from unittest import mock

import requests
from azure.communication.identity import CommunicationIdentityClient, CommunicationUserIdentifier
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

import scenario
from scenario import OUTSIDE, SECURE, check, check_refusal, check_token, check_user


def with_key(key):
    return CommunicationIdentityClient(scenario.ENDPOINT, AzureKeyCredential(key))


class AppCredential:
    def get_token(self, *scopes, **kwargs):
        return AccessToken(scenario.APP_TOKEN, scenario.claims(scenario.APP_TOKEN)["exp"])


def refused(kind, status, code, word, do):
    try:
        do()
    except kind as refusal:
        check_refusal(refusal, status, code, word)
    else:
        raise AssertionError(f"{code} was not met")


def operations(client):
    user = client.create_user()
    identity = check_user(user)
    check_token(client.get_token(user, ["chat"]), identity, "chat", 1440)
    hour = client.get_token(user, ["voip.join"], token_expires_in=timedelta(hours=1))
    check_token(hour, identity, "voip.join", 60)
    client.revoke_tokens(user)
    check_token(client.get_token(user, ["voip"]), identity, "voip", 1440)
    both, token = client.create_user_and_token(["chat", "voip"], token_expires_in=timedelta(minutes=90))
    check_token(token, check_user(both), "chat,voip", 90)
    teams = client.get_token_for_teams_user(**OUTSIDE)
    check_token(teams, "8:" + scenario.claims(teams.token)["skypeid"], "chat,voip", 60)
    again = client.get_token_for_teams_user(**OUTSIDE)
    check(scenario.claims(again.token)["skypeid"] == scenario.claims(teams.token)["skypeid"], "somebody else")
    client.delete_user(user)
    client.delete_user(both)
    refused(ResourceNotFoundError, 404, "NotFound", identity, lambda: client.get_token(user, ["voip"]))


def errors(client):
    denied = lambda word, do: refused(ClientAuthenticationError, 401, "Denied", word, do)
    bad = lambda word, do: refused(HttpResponseError, 400, "BadRequest", word, do)
    user = client.create_user()
    denied("another access key", with_key(scenario.WRONG_KEY).create_user)
    denied("SHA-256", lambda: client.create_user_and_token(["voip"], raw_request_hook=scenario.alter))
    with mock.patch("azure.communication.identity._shared.policy.get_current_utc_time", scenario.ten_minutes_ago):
        denied("five minutes", client.create_user)
    nobody = CommunicationUserIdentifier(user.properties["id"][:-4] + "0000")
    for do in [lambda: client.get_token(nobody, ["voip"]), lambda: client.revoke_tokens(nobody)]:
        refused(ResourceNotFoundError, 404, "NotFound", nobody.properties["id"], do)
    for minutes in [0, 59, 1441]:
        life = timedelta(minutes=minutes)
        bad(str(minutes), lambda: client.get_token(user, ["voip"], token_expires_in=life))
        bad(str(minutes), lambda: client.create_user_and_token(["voip"], token_expires_in=life))
    bad("fly", lambda: client.get_token(user, ["voip", "fly"]))
    bad("fly", lambda: client.create_user_and_token(["fly"]))
    bad("scope", lambda: client.get_token(user, []))
    malformed = HttpRequest("POST", scenario.MALFORMED, content="{", headers={"Content-Type": "application/json"})
    answer = client._identity_service_client.send_request(malformed)
    check((answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest"), answer.text())
    bad("another application", lambda: client.get_token_for_teams_user(**{**OUTSIDE, "client_id": "another"}))
    bad("another user", lambda: client.get_token_for_teams_user(**{**OUTSIDE, "user_object_id": "another"}))
    denied("not valid here", lambda: client.get_token_for_teams_user(**{**OUTSIDE, "aad_token": "a.b.c"}))
    client.delete_user(user)


def replay(client):
    """A request that is sent again as it was counts again: two that are made in one second look the same."""
    kept = {}
    client.create_user(raw_request_hook=scenario.keep(kept))
    check(requests.post(kept["url"], headers=kept["headers"], timeout=30).status_code == 201, "a replay")


for client in [with_key(scenario.KEY), with_key(scenario.SECONDARY)]:
    operations(client)
# Both refuse plain http by themselves.
if SECURE:
    operations(CommunicationIdentityClient.from_connection_string(scenario.CONNECTION))
    operations(CommunicationIdentityClient(scenario.ENDPOINT, AppCredential()))
# The host of an endpoint with a slash at its end is signed with that slash.
operations(CommunicationIdentityClient(scenario.ENDPOINT + "/", AzureKeyCredential(scenario.KEY)))
errors(with_key(scenario.KEY))
replay(with_key(scenario.KEY))
print("done")
