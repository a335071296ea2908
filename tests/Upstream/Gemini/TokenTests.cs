using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Google;

namespace OrleansLlm.Upstream.Gemini;

public sealed class TokenTests : IAsyncDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly MovedTime _time = new();
    private readonly ServiceProvider _services;
    private Recorder _google = null!;

    public TokenTests() => _services = new ServiceCollection().AddSingleton<TimeProvider>(_time).AddProviders().BuildServiceProvider();

    private GoogleTokens Tokens => _services.GetRequiredService<GoogleTokens>();

    [Fact]
    public async Task AServiceAccount_SignsForAToken()
    {
        var account = await StartAsync();

        Assert.Equal("token-1", await Tokens.GetAsync(account, default));

        var form = HttpUtility.ParseQueryString(Assert.Single(_google.Requests).Body);
        Assert.Equal("urn:ietf:params:oauth:grant-type:jwt-bearer", form["grant_type"]);
        var parts = form["assertion"]!.Split('.');
        Assert.True(_key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        Assert.Equal(("RS256", "key-1"), (header.RootElement.GetProperty("alg").GetString(), header.RootElement.GetProperty("kid").GetString()));
        Assert.Equal("robot@example.iam.gserviceaccount.com", claims.RootElement.GetProperty("iss").GetString());
        Assert.Equal(new Uri(_google.BaseAddress, "token").AbsoluteUri, claims.RootElement.GetProperty("aud").GetString());
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds() + 3600, claims.RootElement.GetProperty("exp").GetInt64());
    }

    [Fact]
    public async Task AToken_IsKeptAndFetchedAnewBeforeItExpires()
    {
        var account = await StartAsync();
        await Tokens.GetAsync(account, default);

        _time.Now += TimeSpan.FromMinutes(54);
        Assert.Equal("token-1", await Tokens.GetAsync(account, default));
        _time.Now += TimeSpan.FromMinutes(2);
        Assert.Equal("token-2", await Tokens.GetAsync(account, default));
        Assert.Equal(2, _google.Requests.Count);
    }

    [Fact]
    public async Task WhileTheEndpointIsOutOfOrder_AnOldTokenServesUntilItExpires()
    {
        var account = await StartAsync();
        await Tokens.GetAsync(account, default);
        _google.Answer = _ => (503, "text/plain", "down");

        _time.Now += TimeSpan.FromMinutes(58);
        Assert.Equal("token-1", await Tokens.GetAsync(account, default));
        _time.Now += TimeSpan.FromMinutes(3);
        var thrown = await Assert.ThrowsAsync<UpstreamException>(async () => await Tokens.GetAsync(account, default));
        Assert.Equal((503, true), (thrown.Failure.Status, thrown.Failure.Retryable));
    }

    [Theory]
    [InlineData("1e300")]
    [InlineData("-1e300")]
    public async Task ATokenWithAnAbsurdLife_IsAToken(string seconds)
    {
        var account = await StartAsync();
        _google.Answer = _ => (200, "application/json", $"{{\"access_token\":\"odd\",\"expires_in\":{seconds}}}");
        Assert.Equal("odd", await Tokens.GetAsync(account, default));
    }

    [Fact]
    public async Task ManyAtOnce_AskOnce()
    {
        var account = await StartAsync();

        var tokens = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Tokens.GetAsync(account, default).AsTask()));

        Assert.All(tokens, token => Assert.Equal("token-1", token));
        Assert.Single(_google.Requests);
    }

    [Fact]
    public async Task ARefusedAccount_IsAKeyThatIsRefused()
    {
        var account = await StartAsync();
        _google.Answer = _ => (400, "application/json", """{"error":"invalid_grant","error_description":"Invalid JWT Signature."}""");

        var thrown = await Assert.ThrowsAsync<UpstreamException>(async () => await Tokens.GetAsync(account, default));

        Assert.Equal(401, thrown.Failure.Status);
        Assert.Contains("Invalid JWT Signature.", thrown.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"type\":\"external_account\"}")]
    [InlineData("{\"type\":\"service_account\",\"client_email\":\"e\"}")]
    [InlineData("{\"type\":\"service_account\",\"client_email\":\"e\",\"private_key\":\"-----BEGIN SECRET\"}")]
    [InlineData("/no/such/file.json")]
    public async Task UnusableCredentials_SayWhyAndShowNothing(string credentials)
    {
        var thrown = await Assert.ThrowsAsync<UpstreamException>(async () => await Tokens.GetAsync(new UpstreamAccount { Credentials = credentials }, default));
        Assert.Equal(401, thrown.Failure.Status);
        Assert.DoesNotContain("SECRET", thrown.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutCredentials_TheMachineIsAsked()
    {
        await StartAsync();

        Assert.Equal("token-1", await Tokens.GetAsync(new UpstreamAccount { MetadataServer = _google.BaseAddress }, default));

        var asked = Assert.Single(_google.Requests);
        Assert.Equal(("GET", "/computeMetadata/v1/instance/service-accounts/default/token", "Google"), (asked.Method, asked.Path, asked.Headers["Metadata-Flavor"]));
    }

    [Fact]
    public async Task ACall_CarriesTheToken()
    {
        var account = await StartAsync();
        var issue = _google.Answer;
        _google.Answer = asked => asked.Path.StartsWith("/v1/projects", StringComparison.Ordinal)
            ? (200, "text/event-stream", "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\"finishReason\":\"STOP\"}]}\r\n\r\n") : issue(asked);
        var request = new UpstreamRequest
        {
            Provider = "vertex_ai", ApiBase = _google.BaseAddress, Model = "gemini-2.5-pro", PublicModel = "public", Body = Encoding.UTF8.GetBytes(Harness.Say("x")),
            CompletionId = "c", Created = 1, Account = account with { Project = "p" },
        };

        await foreach (var _ in _services.GetRequiredService<IUpstream>().StreamAsync(request, new UpstreamReport(), default))
        {
        }

        Assert.Equal("Bearer token-1", _google.Requests.Last().Headers["Authorization"]);
    }

    public async ValueTask DisposeAsync()
    {
        _key.Dispose();
        await _services.DisposeAsync();
        if (_google is not null) await _google.DisposeAsync();
    }

    private async Task<UpstreamAccount> StartAsync()
    {
        _google = await Recorder.StartAsync();
        var issued = 0;
        _google.Answer = _ => (200, "application/json", $"{{\"access_token\":\"token-{Interlocked.Increment(ref issued)}\",\"expires_in\":3600,\"token_type\":\"Bearer\"}}");
        return new UpstreamAccount
        {
            Credentials = JsonSerializer.Serialize(new Dictionary<string, string>
            {
                ["type"] = "service_account", ["project_id"] = "p", ["private_key_id"] = "key-1", ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
                ["client_email"] = "robot@example.iam.gserviceaccount.com", ["token_uri"] = new Uri(_google.BaseAddress, "token").AbsoluteUri,
            }),
        };
    }

    /// <summary>The date is the test's; timers and timestamps are the system's, so that deadlines of real calls do not stand still.</summary>
    private sealed class MovedTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
