using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>general_settings.user_header_mappings</c> and its older form, <c>user_header_name</c>: headers that name the end user.</summary>
internal static class UserHeaderReader
{
    private const string Customer = "customer";

    /// <returns>In the order in which they are asked.</returns>
    public static ImmutableArray<string> Read(ConfigSection s)
    {
        var headers = ImmutableArray.CreateBuilder<string>();
        var list = s.List("user_header_mappings");
        if (list is not null) s.Report.Honoured(s.PathOf("user_header_mappings"), list.Line);
        for (var i = 0; i < (list?.Items.Length ?? 0); i++)
        {
            var path = $"{s.PathOf("user_header_mappings")}[{i}]";
            if (list!.Items[i] is ConfigMap map) ReadOne(new ConfigSection(map, path, s.Report), headers);
            else s.Report.Error(path, list.Items[i].Line, $"expected a mapping with header_name and litellm_user_role, found {list.Items[i].Describe()}");
        }

        if (s.String("user_header_name", note: "names the user, before the body's user field") is { Length: > 0 } name) headers.Add(name);
        return headers.ToImmutable();
    }

    private static void ReadOne(ConfigSection item, ImmutableArray<string>.Builder headers)
    {
        var role = item.String("litellm_user_role");
        if (role == Customer && item.String("header_name", note: "names the user, before the body's user field") is { Length: > 0 } name) headers.Add(name);
        else item.Ignore("header_name", $"only of {Customer}: an internal user is whom a key is made for");
        item.Finish();
    }
}
