namespace Orleans.Embedded;

/// <summary>A call that answers with a value. For generated code.</summary>
public abstract class GrainCall<TResult>(GrainMethod method) : GrainCallBase<TResult>(method)
{
    protected abstract Task<TResult> Invoke(object grain);

    private protected sealed override Task Start(object grain) => Invoke(grain);

    private protected sealed override void Answer(Task work)
    {
        if (work.IsCompletedSuccessfully) TrySetResult(((Task<TResult>)work).Result);
        else if (work.IsCanceled) TrySetFromTask((Task<TResult>)work);
        else TrySetException(work.Exception!.InnerExceptions);
    }
}

/// <summary>A call that answers with its end. For generated code.</summary>
public abstract class GrainCall(GrainMethod method) : GrainCallBase<NoResult>(method)
{
    protected abstract Task Invoke(object grain);

    private protected sealed override Task Start(object grain) => Invoke(grain);

    private protected sealed override void Answer(Task work)
    {
        if (work.IsCompletedSuccessfully) TrySetResult(default);
        else if (work.IsCanceled) TrySetCanceled();
        else TrySetException(work.Exception!.InnerExceptions);
    }
}

/// <summary>The result of a call that has none. For generated code.</summary>
public readonly struct NoResult;
