namespace OrleansLlm.Api.Audit;

/// <summary>Who changed what, and who was not let in: one line each. Writing never fails and never waits long.</summary>
public interface IAuditLog
{
    void Write(AuditEntry entry);
}

/// <summary>One line. Never a key, a prompt or an answer.</summary>
/// <param name="Action">A verb of ours, for instance <c>key.block</c>; <c>login</c> for those who were not let in.</param>
/// <param name="Who">The key presented, masked.</param>
/// <param name="Target">What it was done to: the hash of a key, the name of a user, a path …</param>
/// <param name="From">The client's address.</param>
/// <param name="Outcome"><c>made</c>, or why not.</param>
/// <param name="RequestId">As in <c>x-request-id</c>.</param>
public sealed record AuditEntry(string Action, string Who, string Target, string From, string Outcome, string RequestId)
{
    public const string Login = "login";
}
