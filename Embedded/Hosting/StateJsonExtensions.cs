using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;

namespace Orleans.Hosting;

public static class StateJsonExtensions
{
    /// <summary>States whose JSON was compiled, by System.Text.Json's generator. A program without reflection can store no others.</summary>
    public static ISiloBuilder AddStateJson(this ISiloBuilder builder, IJsonTypeInfoResolver types)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(types);
        builder.Services.AddSingleton(new StateJsonSource(types));
        return builder;
    }
}
