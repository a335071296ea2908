using System.Globalization;

namespace OrleansLlm.Providers;

/// <summary>
/// Ids of tool calls for services that give them none. They come back with the next turn, which may go to another service: OpenAI and Azure
/// take no more than 40 characters.
/// </summary>
internal static class CallIds
{
    private const int Digits = 24;

    /// <param name="number">Of the call within its choice.</param>
    public static string Of(UpstreamRequest request, int number, int choice = 0)
    {
        var digits = request.CompletionId.AsSpan(request.CompletionId.LastIndexOf('-') + 1);
        if (digits.Length > Digits) digits = digits[^Digits..];
        return choice == 0
            ? string.Create(CultureInfo.InvariantCulture, $"call_{digits}_{number}")
            : string.Create(CultureInfo.InvariantCulture, $"call_{digits}_{choice}_{number}");
    }
}
