using System.Net;
using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Google;

/// <summary>
/// Access tokens for Google Cloud: fetched once for all who need the same, kept, and fetched anew some minutes before they expire. While the
/// token endpoint is out of order an old token serves as long as it is valid.
/// </summary>
internal sealed class GoogleTokens(UpstreamHttp http)
{
    private const int Most = 64;
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Google's live an hour; whatever an endpoint says, one is fetched anew after this.</summary>
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);

    /// <summary>The request with a token. A key that is configured is taken for one that somebody else keeps fresh.</summary>
    /// <exception cref="UpstreamException">As <see cref="GetAsync"/>.</exception>
    public async ValueTask<UpstreamRequest> PutAsync(UpstreamRequest request, CancellationToken ct) =>
        string.IsNullOrEmpty(request.ApiKey) ? request with { ApiKey = await GetAsync(request.Account, ct).ConfigureAwait(false) } : request;

    /// <exception cref="UpstreamException">There is none to be had; status 401 where the credentials are at fault.</exception>
    public async ValueTask<string> GetAsync(UpstreamAccount account, CancellationToken ct)
    {
        var known = Find(account.Credentials ?? account.MetadataServer.AbsoluteUri);
        if (IsFresh(known.Token)) return known.Token!.Text;
        try
        {
            var fetched = await Fetch(known, account).WaitAsync(ct).ConfigureAwait(false);
            return fetched.Text;
        }
        catch (UpstreamException) when (known.Token is { } old && old.Expires > http.Time.GetUtcNow())
        {
            return known.Token.Text;
        }
    }

    private Account Find(string key)
    {
        lock (_gate)
        {
            if (_accounts.TryGetValue(key, out var known)) return known;
            if (_accounts.Count >= Most) _accounts.Remove(_accounts.First().Key);
            return _accounts[key] = new Account();
        }
    }

    /// <summary>The fetch under way, or a new one. It ends when it ends, whoever has stopped waiting.</summary>
    private Task<Token> Fetch(Account known, UpstreamAccount account)
    {
        lock (_gate)
        {
            // Somebody may have fetched it since it was looked for.
            if (IsFresh(known.Token)) return Task.FromResult(known.Token!);
            if (known.Running is null || known.Running.IsCompleted) known.Running = RunAsync(known, account);
            return known.Running;
        }
    }

    private bool IsFresh(Token? token) => token is not null && token.Expires - Early > http.Time.GetUtcNow();

    private async Task<Token> RunAsync(Account known, UpstreamAccount account)
    {
        await Task.Yield();
        using var timer = new CancellationTokenSource(Patience, http.Time);
        try
        {
            var credentials = Credentials(account);
            // A token endpoint that credentials name is as good as an api_base; the metadata server is the machine's own. What the deployment takes for a certificate is
            // its server's alone.
            using var response = credentials is null
                ? await http.AskMachineAsync(Message(account, null), timer.Token).ConfigureAwait(false)
                : await http.SendAsync(UpstreamTrust.OfTheSystem, () => Message(account, credentials), new ConnectionTrace(), null, timer.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsStringAsync(timer.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) throw Refused(response.StatusCode, body);
            using var json = JsonDocument.Parse(body);
            var lifetime = TimeSpan.FromSeconds(Math.Clamp(json.RootElement.GetProperty("expires_in").GetDouble(), 0, LongestLife.TotalSeconds));
            var token = new Token(json.RootElement.GetProperty("access_token").GetString()!, http.Time.GetUtcNow() + lifetime);
            known.Token = token;
            return token;
        }
        catch (FormatException wrong)
        {
            throw Failed(FailureKind.Status, 401, wrong.Message, wrong);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Failed(FailureKind.Status, 502, "The token endpoint answered with something that is not a token.", wrong);
        }
        catch (OperationCanceledException wrong)
        {
            throw Failed(FailureKind.ConnectTimeout, null, $"No access token within {Patience.TotalSeconds:0} s.", wrong);
        }
        catch (Exception wrong) when (wrong is HttpRequestException or IOException)
        {
            throw Failed(FailureKind.ConnectFailed, null, $"No access token: {(wrong as HttpRequestException)?.HttpRequestError ?? HttpRequestError.ResponseEnded}.", wrong);
        }
    }

    /// <summary>Read anew for every token: the file may have been replaced.</summary>
    private static GoogleCredentials? Credentials(UpstreamAccount account)
    {
        try
        {
            return account.Credentials is { } text ? GoogleCredentials.Read(text) : null;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw Failed(FailureKind.Status, 401, "The file with the Google credentials cannot be read.", wrong);
        }
    }

    private HttpRequestMessage Message(UpstreamAccount account, GoogleCredentials? credentials) => credentials is null
        ? UpstreamHttp.Request(
            HttpMethod.Get, Addresses.Under(account.MetadataServer, "computeMetadata/v1/instance/service-accounts/default/token"), null,
            new Dictionary<string, string> { ["Metadata-Flavor"] = "Google" }, null, "application/json")
        : UpstreamHttp.Request(
            HttpMethod.Post, credentials.TokenEndpoint, null, null, new FormUrlEncodedContent(credentials.Form(http.Time.GetUtcNow())), "application/json");

    private static UpstreamException Refused(HttpStatusCode status, string body)
    {
        var why = "";
        try
        {
            using var json = JsonDocument.Parse(body);
            why = ChatMessage.String(json.RootElement, "error_description") ?? ChatMessage.String(json.RootElement, "error") ?? "";
        }
        catch (JsonException)
        {
            // The status says enough.
        }

        var isOurFault = (int)status is >= 400 and < 500 and not 429;
        return Failed(FailureKind.Status, isOurFault ? 401 : (int)status, $"Google refused an access token with status {(int)status}{(why.Length > 0 ? ": " + why : ".")}", null);
    }

    private static UpstreamException Failed(FailureKind kind, int? status, string message, Exception? inner) =>
        new(new UpstreamFailure { Kind = kind, Status = status, Message = message, BeforeFirstToken = true, IsOwnWords = true }, inner);

    private sealed record Token(string Text, DateTimeOffset Expires);

    private sealed class Account
    {
        private volatile Token? _token;

        public Token? Token
        {
            get => _token;
            set => _token = value;
        }

        public Task<Token>? Running { get; set; }
    }
}
