using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Sessions;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>
/// <c>GET /ui/live</c>: server-sent events with the state of every backend, whole and then whenever it changes, and with each request that ends. Whoever
/// connects again gets all of the state again, so that there is nothing to resume. <c>GET /ui/api/backends</c>: the state once.
/// </summary>
internal sealed class LiveEndpoints(
    LiveHub hub, LiveJson live, KeyNames names, IGrainFactory grains, ICatalog catalog, SessionStore sessions, AccountCache accounts, IHostApplicationLifetime lifetime, NodeName node,
    TimeProvider time)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task StreamAsync(HttpContext context)
    {
        // A page that is open must not keep a process that is asked to stop: it connects to another one.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var inbox = hub.Join() ?? throw new RequestException(new ApiError(503, "Too many browsers watch this node already.", "server_error", "too_many_watchers"));
        try
        {
            var pipe = new AnswerPipe(context, time, catalog.Current.Settings.ClientStallTimeout);
            pipe.Start("text/event-stream");
            pipe.WriteEvent("hello"u8, Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("node", node.Value);
                json.WriteEndObject();
            }));
            await pipe.FlushAsync();
            var asked = time.GetTimestamp();
            var master = catalog.Current.Settings.MasterKeyHash;
            while (true)
            {
                var (backends, stories) = await inbox.TakeAsync(Heartbeat, over.Token);
                var isDue = time.GetElapsedTime(asked) >= Heartbeat;
                if (isDue) asked = time.GetTimestamp();
                if (!StillLetIn(context, master) || await SightAsync(context, isDue) is not { } sight) return;
                // An event and no comment: the page is to see that the connection lives, also when it may see nothing of what came.
                if (isDue || backends.Length + stories.Length == 0) pipe.WriteEvent("beat"u8, "{}"u8);
                await LearnAsync(backends.Select(hub.Find).OfType<BackendStatus>(), stories, context.RequestAborted);
                foreach (var name in backends) Write(pipe, name, sight);
                foreach (var story in stories.Where(sight.Sees)) pipe.WriteEvent("request"u8, Json(json => live.Story(json, story)));
                await pipe.FlushAsync();
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // An orderly end.
        }
        finally
        {
            hub.Leave(inbox);
        }
    }

    public async Task BackendsAsync(HttpContext context)
    {
        var sight = new Sight(Identity.Of(context));
        var current = catalog.Current;
        var statuses = await Task.WhenAll(current.Backends.Keys.Where(n => sight.SeesBackend(n, current)).Order(StringComparer.Ordinal).Select(AskAsync));
        var known = statuses.OfType<BackendStatus>().ToList();
        await LearnAsync(known, [], context.RequestAborted);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("node", node.Value);
            json.WriteStartArray("data");
            foreach (var status in known) live.Backend(json, status, sight);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private void Write(AnswerPipe pipe, string name, Sight sight)
    {
        if (hub.Find(name) is { } status)
        {
            if (sight.SeesBackend(name, catalog.Current)) pipe.WriteEvent("backend"u8, Json(json => live.Backend(json, status, sight)));
            return;
        }

        pipe.WriteEvent("gone"u8, Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("backend", name);
            json.WriteEndObject();
        }));
    }

    /// <summary>Who came without a key, or with the master key, comes again when there is another one: the gate asks then.</summary>
    private bool StillLetIn(HttpContext context, ImmutableArray<byte>? before)
    {
        if (Identity.Of(context) is { Rights: not null }) return true;
        var now = catalog.Current.Settings.MasterKeyHash;
        return now is { } hash ? before is { } known && hash.AsSpan().SequenceEqual(known.AsSpan()) : before is null;
    }

    /// <summary>What the browser may see now; null: nothing any more, it has signed out, or its key was blocked or deleted meanwhile.</summary>
    /// <param name="askSession">Otherwise what was known a moment ago holds.</param>
    private async Task<Sight?> SightAsync(HttpContext context, bool askSession)
    {
        var identity = Identity.Of(context);
        if (askSession && identity.KeyHash is not null && !await StillSignedInAsync(context)) return null;
        if (identity.Rights is not { } before) return new Sight(identity);
        var rights = await accounts.FindAsync(before.Key.Id, context.RequestAborted);
        return rights is null || rights.Refuse(time.GetUtcNow()) is not null ? null : new Sight(identity with { Rights = rights });
    }

    private async Task<bool> StillSignedInAsync(HttpContext context)
    {
        try
        {
            return await sessions.FindAsync(context) is not null;
        }
        catch (RequestException e)
        {
            // Nobody can tell at the moment: asked again with the next heartbeat.
            return e.Error.Status == 503;
        }
    }

    private Task LearnAsync(IEnumerable<BackendStatus> backends, IEnumerable<RequestStory> stories, CancellationToken cancellationToken) => names.LearnAsync(
        backends.SelectMany(b => b.Waiters.Select(w => w.Key).Concat(b.Holders.Select(h => h.Key))).Concat(stories.Select(s => s.Key)), cancellationToken);

    private async Task<BackendStatus?> AskAsync(string name)
    {
        try
        {
            return await grains.GetGrain<IBackendGrain>(name).WatchAsync(Lasting).WaitAsync(Patience, time);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            return null;
        }
    }

    private static ReadOnlySpan<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer)) write(json);
        return buffer.WrittenSpan;
    }
}
