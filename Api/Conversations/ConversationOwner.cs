using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;

namespace OrleansLlm.Api.Conversations;

/// <summary>Whose a conversation is.</summary>
/// <param name="User">The user grain's key: whose list it is on, and with whom it is erased.</param>
/// <param name="Name">The first part of the conversation's key. A user that the request only claims to be is one under its API key, and no other's.</param>
internal sealed record ConversationOwner(string User, string Name)
{
    public static ConversationOwner Of(HttpContext context, string? userField)
    {
        var user = Caller.UserOf(context, userField);
        var caller = Caller.UserOf(context, userField: null);
        return new ConversationOwner(user, user == caller ? user : $"{caller}/{user}");
    }
}
