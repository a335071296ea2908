using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Conversations;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Grains.Responses;

/// <summary>What one stored response goes through: nothing or running, then one end that stays. States are not changed: every change is a new one.</summary>
internal static class ResponseRules
{
    /// <summary>Its time to live begins with its end: one that runs waits for that, however long.</summary>
    public static bool IsThere(ResponseState state, ConversationOptions options, DateTimeOffset now) =>
        state.Status == (int)ResponseStatus.Running || (IsEnded(state) && now.UtcTicks - state.UsedAt < options.Ttl.Ticks);

    public static bool IsEnded(ResponseState state) => state.Status is not ((int)ResponseStatus.None or (int)ResponseStatus.Running);

    public static ResponseState Begin(NewResponse head, ConversationOptions options, DateTimeOffset now)
    {
        var state = Of(head, ResponseStatus.Running, now);
        if (head.Request.Length + head.Input.Length <= options.MaxBytes) state.Input = head.Input.ToArray();
        return state;
    }

    /// <summary>
    /// With as much of what it went on from as fits the bounds of a conversation (<see cref="ConversationRules.Kept"/>). An answer whose own
    /// turn does not fit is kept to be read, but nothing can go on from it.
    /// </summary>
    /// <returns>Null: not even the answer alone fits.</returns>
    public static ResponseState? Answer(AnsweredResponse answered, ConversationOptions options, DateTimeOffset now)
    {
        var head = answered.Head.Request.Length + answered.Completion.Length;
        if (head > options.MaxBytes) return null;
        var state = Of(answered.Head, ResponseStatus.Answered, now);
        state.Completion = answered.Completion.ToArray();
        List<StoredTurn> turns = [.. answered.Content.Turns.Select(ConversationRules.Stored)];
        if (ConversationRules.Kept(turns, options.MaxBytes - answered.Content.System.Length - head, options.MaxTurns) is not { } kept) return state;
        state.System = answered.Content.System.ToArray();
        state.Turns = kept;
        return state;
    }

    public static ResponseState Fail(ResponseState state, Failure failure, DateTimeOffset now)
    {
        var next = End(state, ResponseStatus.Failed, now);
        next.FailureKind = (int)failure.Kind;
        next.FailureMessage = failure.Message;
        next.FailureCode = failure.Code;
        next.UpstreamStatus = failure.UpstreamStatus;
        return next;
    }

    public static ResponseState Cancel(ResponseState state, DateTimeOffset now) => End(state, ResponseStatus.Cancelled, now);

    public static StoredResponse Read(ResponseState state) => new()
    {
        Status = (ResponseStatus)state.Status,
        Head = new NewResponse { User = state.User, Model = state.Model, CreatedAt = state.CreatedAt, Request = state.Request, Background = state.Background, Input = state.Input },
        Completion = state.Completion,
        Failure = state.Status != (int)ResponseStatus.Failed ? null : new Failure
        {
            Kind = (FailureKind)state.FailureKind, Message = state.FailureMessage, Code = state.FailureCode, UpstreamStatus = state.UpstreamStatus,
        },
    };

    public static ConversationContent ReadContent(ResponseState state) => state.Turns.Count == 0 ? ConversationContent.Empty : new ConversationContent
    {
        System = state.System,
        Turns = [.. state.Turns.Select(ConversationRules.Read)],
        CreatedAt = DateTimeOffset.FromUnixTimeSeconds(state.CreatedAt),
    };

    public static ErasedConversation Sum(ResponseState state) => new(
        state.Status == (int)ResponseStatus.None ? 0 : 1,
        state.Request.Length + state.Input.Length + state.Completion.Length + state.System.Length + state.Turns.Sum(t => (long)t.Bytes()));

    private static ResponseState Of(NewResponse head, ResponseStatus status, DateTimeOffset now) => new()
    {
        Status = (int)status,
        UsedAt = now.UtcTicks,
        User = head.User,
        Model = head.Model,
        CreatedAt = head.CreatedAt,
        Request = head.Request.ToArray(),
        Background = head.Background,
    };

    private static ResponseState End(ResponseState state, ResponseStatus status, DateTimeOffset now) => new()
    {
        Status = (int)status,
        UsedAt = now.UtcTicks,
        User = state.User,
        Model = state.Model,
        CreatedAt = state.CreatedAt,
        Request = state.Request,
        Background = state.Background,
        Input = state.Input,
    };
}
