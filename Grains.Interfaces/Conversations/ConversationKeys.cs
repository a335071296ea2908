namespace OrleansLlm.Conversations;

/// <summary>Keys of conversation grains: the owner is part of it, so an id that was guessed names a conversation of the guesser's own.</summary>
public static class ConversationKeys
{
    /// <summary>Longest id, in characters.</summary>
    public const int MaxIdLength = 128;

    private const char Mark = '/';

    /// <summary>Plain short words: letters, digits and <c>- _ . :</c>. No slash, so that owner and id cannot be taken for one another.</summary>
    public static bool IsId(string id) =>
        id.Length is > 0 and <= MaxIdLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');

    public static string Of(string owner, string id) => $"{owner}{Mark}{id}";

    public static string OwnerOf(string key) => key[..key.LastIndexOf(Mark)];

    public static string IdOf(string key) => key[(key.LastIndexOf(Mark) + 1)..];
}
