// Makes an identity with a token, issues another token, revokes both, and deletes the identity.
import { CommunicationIdentityClient } from "@azure/communication-identity";

const client = new CommunicationIdentityClient(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING);

const { user, token, expiresOn } = await client.createUserAndToken(["voip"]);
console.log("made", user.communicationUserId, "whose token ends", expiresOn, "and has", token.length, "characters");

const joins = await client.getToken(user, ["voip.join"], { tokenExpiresInMinutes: 60 });
console.log("one to join calls with ends", joins.expiresOn);

await client.revokeTokens(user);
await client.deleteUser(user);
console.log("deleted");
