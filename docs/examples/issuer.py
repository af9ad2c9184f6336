"""Makes an identity as a program of another issuer, with a token that issuer gives the program for itself."""

import json
import os
import time
import urllib.parse
import urllib.request

from azure.communication.identity import CommunicationIdentityClient
from azure.core.credentials import AccessToken


class ClientCredentials:
    """Asks the issuer for a token (RFC 6749 section 4.4). The SDK asks this one for it, and again before it ends."""

    def __init__(self, endpoint, **form):
        self.endpoint = endpoint
        self.form = {"grant_type": "client_credentials", **form}

    def get_token(self, *scopes, **options):
        # The SDK's own scope names Microsoft's service: a token for that one would be good there, too.
        form = urllib.parse.urlencode(self.form).encode()
        with urllib.request.urlopen(self.endpoint, form) as answer:
            told = json.load(answer)
        return AccessToken(told["access_token"], int(time.time()) + told["expires_in"])


credential = ClientCredentials(
    os.environ["TOKEN_ENDPOINT"],
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    resource=os.environ["RESOURCE"],
)
endpoint = os.environ["COMMUNICATION_SERVICES_CONNECTION_STRING"].removeprefix("endpoint=").split(";")[0]
client = CommunicationIdentityClient(endpoint, credential)

user = client.create_user()
print("made", user.properties["id"])
client.delete_user(user)
print("deleted")
