using Microsoft.Extensions.Logging;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Configuration;

/// <summary>What is logged of a file that is followed, and that the following never ends.</summary>
public sealed class ConfigWatcherTests : IDisposable
{
    private const string One = "model_list: [{model_name: a, litellm_params: {model: ollama/x, api_base: http://a:1}}]\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-watch-").FullName;
    private readonly ManualTime _time = new();
    private readonly Lines _log = new();

    private string File => Path.Combine(_folder, "gateway.yaml");

    [Fact]
    public async Task WhatNobodyThoughtOf_IsLogged_AndTheFileIsFollowedFurther()
    {
        var live = new LiveCatalog(One, _ => null);
        var fails = true;
        live.Changed += (_, _) =>
        {
            if (fails) throw new InvalidDataException("nobody thought of this");
        };
        await using var watch = await FollowAsync(live, One);
        Write(One.Replace("name: a", "name: b", StringComparison.Ordinal));
        await UntilAsync(() => _log.Has("ConfigWatchFails"), "the failure is logged");
        fails = false;
        Write(One.Replace("name: a", "name: c", StringComparison.Ordinal));
        await UntilAsync(() => live.Current.Groups[0].Name == "c", "the next text is in force");
    }

    [Fact]
    public async Task ATextThatIsRefusedForWhatItNames_IsToldOnce_AndIsInForceWhenThatHasCome()
    {
        using var authority = new Authority();
        var pem = Path.Combine(_folder, "roots.pem");
        var live = new LiveCatalog(One, _ => null);
        await using var watch = await FollowAsync(live, One);
        Write($"model_list: [{{model_name: b, litellm_params: {{model: openai/x, api_base: \"https://a:1\", ssl_verify: {pem}}}}}]\n");
        await UntilAsync(() => _log.Has("ConfigRefused"), "the text is refused");
        var told = _time.GetUtcNow();
        await UntilAsync(() => _time.GetUtcNow() - told > TimeSpan.FromMinutes(2), "it has been judged more than once");
        Assert.Equal((1, 1), (_log.Count("ConfigRefused"), _log.Count("ConfigError")));
        System.IO.File.WriteAllText(pem, authority.Pem);
        await UntilAsync(() => live.Current.Groups[0].Name == "b", "the text is in force");
        Assert.Equal(authority.Pem, live.Current.Groups[0].Deployments[0].Trust.Roots);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string text) => System.IO.File.WriteAllText(File, text);

    private async Task<Stopped> FollowAsync(LiveCatalog live, string text)
    {
        Write(text);
        var watcher = new ConfigWatcher(File, live, _time, _log);
        await watcher.StartAsync(CancellationToken.None);
        return new Stopped(watcher);
    }

    private Task UntilAsync(Func<bool> condition, string what) => Eventually.UntilAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            return condition();
        }, what);

    private sealed class Stopped(ConfigWatcher watcher) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await watcher.StopAsync(CancellationToken.None);
            watcher.Dispose();
        }
    }

    private sealed class Lines : ILogger<ConfigWatcher>
    {
        private readonly Lock _gate = new();
        private readonly List<string> _events = [];

        public bool Has(string name) => Count(name) > 0;

        public int Count(string name)
        {
            lock (_gate) return _events.Count(e => e == name);
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_gate) _events.Add(eventId.Name ?? "");
        }
    }
}
