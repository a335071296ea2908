using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using OrleansLlm.Bench.Load;

namespace OrleansLlm.Bench.Gateways;

/// <summary>Waits until a process that was just started answers its first chat completion.</summary>
internal static class FirstAnswer
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task WaitAsync(Launched launched)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var http = new HttpClient { Timeout = Patience };
        while (!await AnswersAsync(http, launched))
        {
            if (launched.Process.HasExited || TimeProvider.System.GetElapsedTime(began) > Patience) throw new InvalidOperationException($"No answer from a gateway that was started:\n{launched.Process.Output}");
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Launched launched)
    {
        try
        {
            using (var probe = new Socket(SocketType.Stream, ProtocolType.Tcp)) await probe.ConnectAsync(launched.Address.Host, launched.Address.Port);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(launched.Address, "v1/chat/completions"))
            {
                Content = new StringContent(new LoadShape { Users = 1 }.Body(0), Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", launched.Key);
            using var answer = await http.SendAsync(request);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is SocketException or HttpRequestException)
        {
            return false;
        }
    }
}
