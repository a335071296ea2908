namespace OrleansLlm.Simulator;

/// <summary>Runs one inference from load to last byte, with the fault it drew. The order of the steps is Ollama's.</summary>
internal sealed class Inferences(SimulatorOptions options, SimulatorStats stats, LoadedModels models)
{
    private readonly OpenRuns _open = new(stats, options.Time);

    public async Task RunAsync(HttpContext http, Ask ask, ReplyFormat format, Fault? fault)
    {
        var ct = http.RequestAborted;
        var arrived = options.Time.GetTimestamp();
        try
        {
            if (fault is not null && await Faults.BeforeInferenceAsync(http, format, fault)) return;
            if (fault?.Kind == FaultKind.SlowLoad) models.Unload(ask.Model);
            var extra = fault?.Kind == FaultKind.SlowLoad ? TimeSpan.FromMilliseconds(fault.DelayMs) : TimeSpan.Zero;

            if (ask.LoadOnly)
            {
                await LoadOnlyAsync(http, ask, (OllamaFormat)format, extra);
                return;
            }

            using var slot = await models.EnterAsync(ask.Model, ask.RunnerOptions, extra, takeSlot: true, ct);
            await InferAsync(http, ask, format, fault, arrived, slot.LoadTime);
        }
        catch (ServerBusyException busy)
        {
            await format.WriteErrorAsync(http, new RefusedException(503, busy.Message, "api_error"));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task LoadOnlyAsync(HttpContext http, Ask ask, OllamaFormat format, TimeSpan extraLoadTime)
    {
        if (ask.Unload) models.Unload(ask.Model);
        else
        {
            using var _ = await models.EnterAsync(ask.Model, ask.RunnerOptions, extraLoadTime, takeSlot: false, http.RequestAborted);
        }

        http.Response.ContentType = ask.Stream ? format.StreamType : "application/json; charset=utf-8";
        var to = new ReplyWriter(http.Response.BodyWriter, null);
        format.LoadDone(to, ask.Unload);
        await to.FlushAsync(http.RequestAborted);
    }

    private async Task InferAsync(HttpContext http, Ask ask, ReplyFormat format, Fault? fault, long arrived, TimeSpan loadTime)
    {
        var ct = http.RequestAborted;
        // Whoever sees that it runs may move its clock: its time has begun by then.
        var started = options.Time.GetTimestamp();
        var firstToken = FirstTokenAsync(fault, ct);
        // The model is done before its last words are sent: whoever has read them may ask for the next.
        if (_open.Begin(http, ask.Prompt) is not { } run) return;
        try
        {
            await firstToken;
            var promptEval = options.Time.GetElapsedTime(started);
            var answer = Answer.To(ask, options);
            var to = new ReplyWriter(http.Response.BodyWriter, fault);
            Cost CostNow() => new(
                ask.PromptTokens, answer.TokenCount, options.Time.GetElapsedTime(arrived), loadTime, promptEval,
                options.Time.GetElapsedTime(started) - promptEval);

            if (!ask.Stream || fault?.Kind == FaultKind.PlainJson)
            {
                if (options.TimePerToken > TimeSpan.Zero) await Task.Delay(options.TimePerToken * answer.TokenCount, options.Time, ct);
                http.Response.ContentType = "application/json; charset=utf-8";
                format.Whole(to, answer, CostNow(), fault?.Kind);
                run.End(InferenceEnd.Finished);
                await to.FlushAsync(ct);
                return;
            }

            http.Response.ContentType = format.StreamType;
            if (fault?.Kind == FaultKind.CloseAfterReply) await Faults.CloseAfterReplyAsync(http, ct);
            var whole = await StreamAsync(http, format, answer, to, fault);
            if (!whole) return;
            format.Finish(to, answer, CostNow(), fault?.Kind);
            run.End(InferenceEnd.Finished);
            await to.FlushAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            run.End(InferenceEnd.Cancelled);
        }
        finally
        {
            run.End(InferenceEnd.Broken);
        }
    }

    private Task FirstTokenAsync(Fault? fault, CancellationToken ct)
    {
        if (fault?.Kind == FaultKind.Hang) return Task.Delay(Timeout.InfiniteTimeSpan, options.Time, ct);
        return options.TimeToFirstToken > TimeSpan.Zero ? Task.Delay(options.TimeToFirstToken, options.Time, ct) : Task.CompletedTask;
    }

    /// <returns>False when a fault ended the body.</returns>
    private async ValueTask<bool> StreamAsync(HttpContext http, ReplyFormat format, Answer answer, ReplyWriter to, Fault? fault)
    {
        var ct = http.RequestAborted;
        var paced = options.TimePerToken > TimeSpan.Zero;
        var left = fault is not null && Faults.IsMidStream(fault.Kind) ? fault.AfterTokens : int.MaxValue;
        if (left < 0 && await Faults.MidStreamAsync(http, format, to, fault!)) return false;
        format.Begin(to);
        if (paced || fault is not null) await to.FlushAsync(ct);
        var first = true;
        foreach (var (text, isThought) in new[] { (answer.Thinking, true), (answer.Text, false) })
        {
            for (var at = 0; at < text.Length;)
            {
                if (left-- == 0 && await Faults.MidStreamAsync(http, format, to, fault!)) return false;
                if (paced && !first) await Task.Delay(options.TimePerToken, options.Time, ct);
                first = false;
                var next = Answer.NextToken(text, at);
                if (isThought) format.Thought(to, text.AsSpan(at..next));
                else format.Token(to, text.AsSpan(at..next));
                at = next;
                if (paced || to.ShouldFlush) await to.FlushAsync(ct);
            }
        }

        for (var index = 0; index < answer.Calls.Count; index++) format.Call(to, index, answer.Calls[index].Name, answer.Calls[index].Arguments);
        return left < 0 || left > 1_000_000 || !await Faults.MidStreamAsync(http, format, to, fault!);
    }
}
