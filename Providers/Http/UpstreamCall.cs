using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansLlm.Providers.OpenAi;
using OrleansLlm.Providers.Responses;

namespace OrleansLlm.Providers.Http;

/// <summary>One call: send, watch the clock, read frames, name what goes wrong, clean up. The numbers are those of a call's life.</summary>
internal sealed class UpstreamCall(
    UpstreamHttp http, StreamForms forms, ChatRefusals chats, IReadOnlyDictionary<UpstreamWire, IDialect> dialects, UpstreamProvider provider, UpstreamRequest request, UpstreamReport report)
{
    private const int Idle = 0, Reading = 1, Closed = 2;

    private readonly List<UpstreamChunk> _chunks = [];
    private ConnectionTrace _trace = null!;
    private CallClock _clock = null!;
    private OutgoingRequest? _outgoing;
    private RequestBody? _sending;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private FrameReader? _frames;
    private IAnswer _answer = null!;
    private IDialect _dialect = dialects[provider.Wire];
    private UpstreamFailure? _refusedChat;
    private bool _tokenSeen, _waiting, _ended;
    private int _state;

    public async IAsyncEnumerable<UpstreamChunk> StreamAsync([EnumeratorCancellation] CancellationToken ct)
    {
        // 1. Say it in the dialect. A request that cannot be said is the caller's fault and goes nowhere.
        if (!provider.Operations.Contains(request.Operation)) throw UpstreamException.NotOffered(provider.Name, request.Operation);
        Say();
        _trace = new ConnectionTrace { MayRun = true };
        using var clock = _clock = new CallClock(http.Time, request.Timeouts, ct);
        try
        {
            // 2. Send it; error responses become failures here.
            await OpenAsync(ct).ConfigureAwait(false);

            // 3. From here on a cancelled call is closed even while its reader does something else.
            using var closing = clock.Token.UnsafeRegister(static call => ((UpstreamCall)call!).CloseIfIdle(), this);

            // 4. Hand out chunks as they arrive. They are waited for in this method, since it has one state for all of them: another would need one for each.
            bool? more;
            do
            {
                _chunks.Clear();
                _waiting = false;
                try
                {
                    while ((more = Hear()) is null)
                    {
                        BeginRead();
                        await _frames!.WaitAsync(_body!, clock.Token).ConfigureAwait(false);
                        _frames.Filled(await _frames.FillAsync(_body!, clock.Token).ConfigureAwait(false));
                        EndRead();
                    }
                }
                catch (Exception fault) when (Named(fault, ct) is var named)
                {
                    EndRead();
                    if (LacksOnlyItsEnd(named)) more = End();
                    else if (ReferenceEquals(named, fault)) throw;
                    else throw named;
                }

                foreach (var chunk in _chunks) yield return chunk;
            }
            while (more.Value);
        }
        finally
        {
            // 5. Whatever happened: buffers back, connection back to the pool if the answer was complete, closed otherwise. When its server has stopped, and
            // not before, another inference may start there; but whoever waits for this call need not wait for that.
            (_answer as IReporting)?.Report();
            Close();
            report.Parted = _trace.Parted;
        }
    }

    private void Say()
    {
        try
        {
            request = RequestParameters.Apply(request, provider, report);
            if (provider.MayRefuseStreams) request = request.In(forms.For(request));
            _outgoing = _dialect.Say(request, report);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            // Half a surrogate pair, a name twice: JSON by its grammar, and yet nothing that can be read.
            throw UpstreamException.CallerFault("", "The request body is not valid JSON.");
        }

        RequestParameters.Judge(request, report);
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        try
        {
            request = await _dialect.PrepareAsync(request, _clock.Token).ConfigureAwait(false);
            // Once for nearly every call: again where the service refuses how it was asked.
            var isNews = false;
            while (true)
            {
                _response = await http.SendAsync(request.Trust, Message, _trace, () => report.RetriedConnection = true, _clock.Token).ConfigureAwait(false);
                report.TimeToFirstByte = _clock.Elapsed;
                LetGoOfPrompt();
                report.Status = (int)_response.StatusCode;
                report.UpstreamRequestId = ResponseHeaders.RequestId(_response.Headers);
                report.ResponseHeaders = ResponseHeaders.Passed(_response.Headers);
                _body = await Encodings.DecodedAsync(_response.Content, _clock.Token).ConfigureAwait(false);
                // Who answers with an error has nothing at work.
                _trace.MayRun = _response.IsSuccessStatusCode;
                if (_response.IsSuccessStatusCode) break;
                isNews = AskInstead(await ErrorResponseAsync().ConfigureAwait(false));
            }

            if (isNews) forms.Learn(request);
            if (_refusedChat is { } refusedChat) chats.Learn(request, refusedChat);
            var contentType = _response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) ? types.ToString() : "";
            var mediaType = contentType.Split(';')[0].Trim().ToLowerInvariant();
            _answer = _dialect.Hear(mediaType, request, report) ?? throw UpstreamException.Of(
                FailureKind.BadContentType, $"The upstream answered with content type '{UpstreamErrors.Clean(contentType, request)}' instead of a stream.");
            _frames = new FrameReader(_answer.Framing, _answer.MaxFrame) { CanWait = Encodings.TellsOfBytes(_body!) };
        }
        catch (Exception fault) when (Named(fault, ct) is var named)
        {
            var gaveUp = named is OperationCanceledException or UpstreamException { Failure.Kind: FailureKind.FirstTokenTimeout };
            var unanswered = gaveUp && _response is null;
            Close();
            if (unanswered) _dialect.GoneBeforeFirstByte(request, _outgoing!);
            if (ReferenceEquals(named, fault)) throw;
            throw named;
        }
    }

    /// <summary>The same call, with the time it has left. What ended in a refusal has nothing at work, so that the next question has a trace of its own.</summary>
    /// <returns>Whether others who ask for the same model would be refused as well.</returns>
    /// <exception cref="UpstreamException">It is refused for another reason than how it was asked.</exception>
    private bool AskInstead(UpstreamFailure refused)
    {
        var isChat = ChatRefusals.Is(refused, request, provider);
        var form = isChat || !provider.MayRefuseStreams ? null : StreamRefusal.Instead(refused, request.Form, request.ClientStreams && !provider.RetellsWholeAnswers);
        // Where there is no other door after all, what was said at the first one is what matters.
        if (!isChat && form is null) throw new UpstreamException(refused.Status is 404 or 405 && _refusedChat is { } first ? first : refused);
        _body!.Dispose();
        _response!.Dispose();
        (_response, _body) = (null, null);
        _trace = new ConnectionTrace { MayRun = true };
        if (isChat)
        {
            _refusedChat = refused;
            provider = UpstreamProviders.AtResponsesOf(provider);
            _dialect = dialects[provider.Wire];
            Say();
            return false;
        }

        request = request.In(form!.Value);
        // What is left out of it has been told.
        _outgoing = _dialect.Say(request, new UpstreamReport());
        return StreamRefusal.IsOfTheModel(refused);
    }

    /// <returns>Whether there are chunks; false at the end, and null as long as that takes bytes that have not come.</returns>
    private bool? Hear()
    {
        while (!_answer.IsComplete && _frames!.TryRead(out var frame))
        {
            if (_frames.FrameIsError) throw UpstreamErrors.FromEvent(frame, request);
            _answer.Hear(frame, _chunks);
            if (_chunks.Count == 0) continue;
            _frames.LetGo();
            NoteFirstToken();
            if (_waiting && _tokenSeen) _clock.Pause();
            return true;
        }

        return _answer.IsComplete || _frames!.Ended ? End() : null;
    }

    private void BeginRead()
    {
        // Until the first token its own deadline holds; after it, a wait for one chunk has one deadline however many bytes trickle in.
        if (!_waiting && _tokenSeen) _clock.WaitForNext();
        _waiting = true;
        if (Interlocked.CompareExchange(ref _state, Reading, Idle) == Closed) throw new OperationCanceledException(_clock.Token);
    }

    private void EndRead() => Interlocked.CompareExchange(ref _state, Idle, Reading);

    private bool LacksOnlyItsEnd(Exception named) =>
        _answer.CanEnd && named is UpstreamException { Failure.Kind: FailureKind.ConnectionLost or FailureKind.StallTimeout };

    /// <summary>The end of the body, or of an answer that lacks nothing but its formal end.</summary>
    private bool End()
    {
        if (_ended) return false;
        _ended = true;
        try
        {
            _answer.HearEnd(_chunks);
        }
        catch (UpstreamException truncated)
        {
            throw new UpstreamException(truncated.Failure with { BeforeFirstToken = !_tokenSeen }, truncated);
        }

        return _chunks.Count > 0;
    }

    private void NoteFirstToken()
    {
        if (_tokenSeen) return;
        foreach (var chunk in _chunks) _tokenSeen |= chunk.HasPayload;
        if (!_tokenSeen) return;
        report.TimeToFirstToken = _clock.Elapsed;
        _clock.Pause();
    }

    private HttpRequestMessage Message()
    {
        var outgoing = _outgoing!;
        _sending = new RequestBody(outgoing.Body, _clock);
        var message = UpstreamHttp.Request(
            HttpMethod.Post, outgoing.Address, outgoing.KeyHeader is null ? request.ApiKey : null, request.Headers, _sending, outgoing.Accept);
        foreach (var (name, value) in outgoing.Headers) Offer(message, name, value);
        if (outgoing.KeyHeader is { } header && !string.IsNullOrEmpty(request.ApiKey)) Offer(message, header, request.ApiKey);
        if (request.TraceParent is { } parent && Offer(message, "traceparent", parent) && request.TraceState is { } state) Offer(message, "tracestate", state);
        return message;
    }

    /// <returns>Whether it was taken: a header that the configuration sets stays as it is.</returns>
    private static bool Offer(HttpRequestMessage message, string name, string value) =>
        !message.Headers.NonValidated.Contains(name) && message.Headers.TryAddWithoutValidation(name, value);

    /// <summary>An open answer does not need what was asked, which is a second copy of the prompt.</summary>
    private void LetGoOfPrompt()
    {
        _sending?.LetGo();
        (_sending, _outgoing) = (null, null);
    }

    private async Task<UpstreamFailure> ErrorResponseAsync()
    {
        var body = new byte[UpstreamErrors.MaxBody];
        var length = 0;
        try
        {
            length = await _body!.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, _clock.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (Encodings.IsBroken(fault, _body))
        {
            // The status says enough.
        }

        var refused = UpstreamErrors.FromResponse(
            (int)_response!.StatusCode, body.AsMemory(0, length), ResponseHeaders.RetryAfter(_response.Headers, http.Time.GetUtcNow()), request);
        return _dialect.Understand(refused, _response) with { BeforeFirstToken = true };
    }

    /// <summary>The exception that the caller is to see for one that happened.</summary>
    private Exception Named(Exception fault, CancellationToken ct)
    {
        if (fault is not UpstreamException)
        {
            if (ct.IsCancellationRequested) return new OperationCanceledException("The caller cancelled the call.", fault, ct);
            if (_clock.Expired is { } expired) return Failed(expired, TimeoutMessage(expired), fault);
        }

        return fault switch
        {
            UpstreamException { Failure.Kind: FailureKind.Garbled } when _frames is { FrameIsCut: true } => Failed(
                FailureKind.Truncated, "The upstream's answer ended in the middle of a chunk.", fault),
            UpstreamException known => known.Failure.BeforeFirstToken == !_tokenSeen
                ? known : new UpstreamException(known.Failure with { BeforeFirstToken = !_tokenSeen }, known.InnerException),
            HttpRequestException when UntrustedCertificateException.In(fault) is { } untrusted => Failed(
                FailureKind.ConnectFailed, $"Could not connect to {Server}: {untrusted.Message}.", fault),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError } => Failed(
                    FailureKind.ConnectFailed, $"Could not connect to {Server}: {Innermost(fault)}", fault),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => Failed(
                FailureKind.Garbled, $"{Server} does not answer in HTTP.", fault),
            _ when Encodings.IsBroken(fault, _body) => Failed(FailureKind.Garbled, $"{Server} sent a body that is not in the encoding it names.", fault),
            HttpRequestException or IOException => Failed(
                FailureKind.ConnectionLost, $"The connection to {Server} was lost{(_tokenSeen ? " in the middle of the answer" : "")}.", fault),
            _ => fault,
        };
    }

    private UpstreamException Failed(FailureKind kind, string message, Exception inner) => new(
        new UpstreamFailure { Kind = kind, Message = UpstreamErrors.Clean(message, request), BeforeFirstToken = !_tokenSeen }, inner);

    private string TimeoutMessage(FailureKind expired) => expired switch
    {
        FailureKind.ConnectTimeout => $"No connection to {Server} within {Seconds(request.Timeouts.Connect)}.",
        FailureKind.FirstTokenTimeout => $"No token from {Server} within {Seconds(request.Timeouts.FirstToken)}.",
        FailureKind.StallTimeout => $"{Server} fell silent for {Seconds(request.Timeouts.BetweenTokens)} in the middle of the answer.",
        _ => $"The call to {Server} took longer than {Seconds(request.Timeouts.Total)}.",
    };

    private static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.###} s");

    /// <summary>Scheme, host and port only: the rest of an address may hold secrets.</summary>
    private string Server => request.ApiBase!.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    private static string Innermost(Exception fault)
    {
        while (fault.InnerException is { } inner) fault = inner;
        return fault.Message;
    }

    /// <summary>On cancellation. A pending read closes the connection itself; two must not do it at once.</summary>
    private void CloseIfIdle()
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Idle) == Idle) _response?.Dispose();
    }

    private void Close()
    {
        _frames?.Dispose();
        if (_answer is { IsComplete: true } && !_clock.Token.IsCancellationRequested && _body is { } body && _response is { } response)
        {
            _trace.MayRun = false;
            // The end of the body is usually in the same packet as the end of the answer, sometimes just behind it.
            _ = DrainAsync(body, response, http.Time);
            return;
        }

        _body?.Dispose();
        _response?.Dispose();
    }

    /// <summary>Reads the little that follows a complete answer, so that its connection can be used again; nobody waits for this.</summary>
    private static async Task DrainAsync(Stream body, HttpResponseMessage response, TimeProvider time)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
            var rest = new byte[512];
            for (var reads = 0; reads < 16 && await body.ReadAsync(rest, patience.Token).ConfigureAwait(false) > 0; reads++)
            {
            }
        }
        catch (Exception gone) when (gone is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException || Encodings.IsBroken(gone, body))
        {
            // The connection is lost to the pool, nothing else.
        }
        finally
        {
            await body.DisposeAsync().ConfigureAwait(false);
            response.Dispose();
        }
    }
}

/// <summary>An answer that has something to put in the report when the call ends, however it ends.</summary>
internal interface IReporting
{
    void Report();
}
