using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>
/// Bedrock's exceptions, outside of a stream and in it (https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html): their names say more than their
/// statuses, and some of the statuses are those of a client that is at fault.
/// </summary>
internal static class BedrockErrors
{
    /// <summary>Said with a 400, of a name that only the configuration can have given.</summary>
    private const string NoSuchModel = "The provided model identifier is invalid";

    /// <summary>Theirs have some thirty; a header may have thousands.</summary>
    private const int LongestName = 100;

    /// <summary>A response with an error, by the name in its header.</summary>
    public static UpstreamFailure Named(UpstreamFailure failure, HttpResponseMessage response)
    {
        var name = response.Headers.NonValidated.TryGetValues("x-amzn-ErrorType", out var types) ? PlainName(types.ToString()) : null;
        return failure with { Type = failure.Type ?? name, Status = StatusOf(name ?? "", failure.Message) ?? (failure.Status == 424 ? 500 : failure.Status) };
    }

    /// <summary>An exception in the middle of an answer.</summary>
    public static UpstreamException InStream(EventStreamMessage message, UpstreamRequest request)
    {
        var name = PlainName(message.Name);
        if (message.Words is { } words)
        {
            // What it says may hold a key as well: it is read, and cleaned, like any other.
            return Told(UpstreamErrors.FromEvent([.. "{\"message\":"u8, .. JsonText.Quote(words), (byte)'}'], request), name, null);
        }

        return Told(UpstreamErrors.FromEvent(message.Payload, request), name, OriginalStatus(message.Payload));
    }

    private static UpstreamException Told(UpstreamException told, string name, int? original) => new(told.Failure with
    {
        Type = told.Failure.Type ?? name,
        Status = StatusOf(name, told.Failure.Message) ?? original ?? told.Failure.Status ?? (name.StartsWith("modelStreamError", StringComparison.OrdinalIgnoreCase) ? 500 : null),
    });

    private static int? StatusOf(string name, string message) => name.ToLowerInvariant() switch
    {
        "validationexception" => message.StartsWith(NoSuchModel, StringComparison.OrdinalIgnoreCase) ? 404 : 400,
        "accessdeniedexception" or "unrecognizedclientexception" or "invalidsignatureexception" or "incompletesignatureexception" or "expiredtokenexception"
            or "missingauthenticationtokenexception" or "optinrequired" => 403,
        "resourcenotfoundexception" => 404,
        "modeltimeoutexception" => 408,
        // Of the account, as the first is: other requests of whatever client would be refused too.
        "throttlingexception" or "servicequotaexceededexception" or "modelnotreadyexception" => 429,
        "internalserverexception" or "internalfailure" or "modelerrorexception" => 500,
        "serviceunavailableexception" => 503,
        _ => null,
    };

    /// <summary>What the model's own server has said; null: nothing, or nothing that is an error.</summary>
    private static int? OriginalStatus(ReadOnlySpan<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload.ToArray());
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("originalStatusCode", out var status)
                && status.ValueKind == JsonValueKind.Number && status.TryGetInt32(out var code) && code is >= 400 and < 600 and not 424 ? code : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Without a namespace before it and an address behind it: <c>aws.x#ValidationException:http://…</c>; so many of the characters that such a name has.</summary>
    private static string PlainName(string type)
    {
        type = type.Split(':')[0];
        return string.Concat(type[(type.LastIndexOf('#') + 1)..].Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '#' or ':').Take(LongestName));
    }
}
