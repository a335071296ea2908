namespace OrleansLlm.Api.Errors;

/// <summary>
/// How much an error tells of what a client has written: a name may be as long as its request, and an answer that repeats it as well.
/// </summary>
internal static class ShownWords
{
    /// <summary>Characters. More than any message has by itself: an upstream's ends after half of them.</summary>
    public const int LongestMessage = 4000;

    /// <summary>Characters of a field's name.</summary>
    public const int LongestField = 200;

    /// <summary>Cut in its middle: a message begins with the field at fault and ends with what is expected of it.</summary>
    public static string OfMessage(string message)
    {
        if (message.Length <= LongestMessage) return message;
        var half = LongestMessage / 2;
        var from = message.Length - half;
        return $"{Beginning(message, half)}…{message[(char.IsLowSurrogate(message[from]) ? from + 1 : from)..]}";
    }

    public static string? OfField(string? field) => field is null || field.Length <= LongestField ? field : Beginning(field, LongestField) + "…";

    /// <summary>Never half a character: JSON cannot say it.</summary>
    private static string Beginning(string text, int length) => text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
