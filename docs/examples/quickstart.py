"""Makes an identity with a token, issues another token, revokes both, and deletes the identity."""

import os
from datetime import timedelta

from azure.communication.identity import CommunicationIdentityClient, CommunicationTokenScope

client = CommunicationIdentityClient.from_connection_string(os.environ["COMMUNICATION_SERVICES_CONNECTION_STRING"])

user, token = client.create_user_and_token(scopes=[CommunicationTokenScope.VOIP])
print("made", user.properties["id"], "whose token ends", token.expires_on)

joins = client.get_token(user, scopes=[CommunicationTokenScope.VOIP_JOIN], token_expires_in=timedelta(hours=1))
print("one to join calls with ends", joins.expires_on)

client.revoke_tokens(user)
client.delete_user(user)
print("deleted")
