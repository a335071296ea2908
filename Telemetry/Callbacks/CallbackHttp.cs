using System.Net.Http.Headers;

namespace OrleansLlm.Telemetry.Callbacks;

/// <summary>The connections to callbacks; none of the requests' own.</summary>
internal sealed class CallbackHttp : IDisposable
{
    public static readonly string Version = typeof(CallbackHttp).Assembly.GetName().Version?.ToString(3) ?? "0";

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
    });

    public Task<HttpResponseMessage> PostAsync(Uri address, byte[] body, string mediaType, string header, string value, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("OrleansLlm", Version));
        request.Headers.TryAddWithoutValidation(header, value);
        return _http.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _http.Dispose();
}
