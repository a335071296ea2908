using System.Globalization;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Doors;

/// <summary>What a server-sent comment tells of a request's place in a queue.</summary>
internal static class QueueComment
{
    public static string For(InferenceQueued place)
    {
        var eta = place.Estimate is { } estimate ? string.Create(CultureInfo.InvariantCulture, $" eta={Math.Ceiling(estimate.TotalSeconds)}s") : "";
        return string.Create(CultureInfo.InvariantCulture, $"queued position={place.Position}{eta}");
    }
}
