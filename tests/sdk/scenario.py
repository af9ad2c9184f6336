"""What the Python programs of this folder share: what they are told, and what a good answer looks like."""

import base64
import json
import os
import re
from datetime import datetime, timedelta, timezone

ENDPOINT = os.environ["SDK_ENDPOINT"]
KEY = os.environ["SDK_KEY"]
SECONDARY = os.environ["SDK_SECONDARY"]
CONNECTION = os.environ["COMMUNICATION_SERVICES_CONNECTION_STRING"]
APP_TOKEN = os.environ["SDK_APP_TOKEN"]
OUTSIDE = {
    "aad_token": os.environ["SDK_OUTSIDE_TOKEN"],
    "client_id": os.environ["SDK_OUTSIDE_APP"],
    "user_object_id": os.environ["SDK_OUTSIDE_USER"],
}
SECURE = ENDPOINT.startswith("https:")
WRONG_KEY = base64.b64encode(bytes(64)).decode()
MALFORMED = "/identities?api-version=2023-10-01"


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def claims(token):
    """Decodes a token as the SDKs do: with the alphabet of plain base64."""
    return json.loads(base64.b64decode(token.split(".")[1] + "==").decode("ascii"))


def check_user(user):
    identity = user.properties["id"]
    check(re.fullmatch(r"8:acs:[0-9a-f-]{36}_[0-9a-f-]{36}", identity), identity)
    return identity


def check_token(token, identity, scopes, minutes):
    said = claims(token.token)
    check("8:" + said["skypeid"] == identity, said)
    check(said["acsScope"] == scopes, said)
    check(abs(said["exp"] - said["iat"] - minutes * 60) <= 1, said)
    ends = datetime.fromisoformat(re.sub(r"\.\d+", "", token.expires_on))
    left = ends - datetime.now(timezone.utc)
    check(abs(left - timedelta(minutes=minutes)) < timedelta(minutes=2), token.expires_on)


def check_refusal(refusal, status, code, word):
    check(refusal.status_code == status, refusal)
    check(refusal.error is not None and refusal.error.code == code, refusal)
    check(word in refusal.message, f"{word!r} is not in {refusal.message!r}")


def alter(request):
    """A hook that runs after signing: the body says something else from there on, at the same length."""
    request.http_request.body = request.http_request.body.replace("voip", "chat")


def keep(kept):
    """A hook that notes a request as it is sent."""

    def hook(request):
        kept.update(url=request.http_request.url, headers=dict(request.http_request.headers))

    return hook


def ten_minutes_ago():
    return (datetime.now(timezone.utc) - timedelta(minutes=10)).strftime("%a, %d %b %Y %H:%M:%S GMT")
