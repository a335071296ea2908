namespace Orleans.Embedded;

/// <summary>Something that opens before the first grain and closes after the last: a store.</summary>
internal interface IEnginePart
{
    Task StartAsync(CancellationToken cancellationToken);

    Task StopAsync();
}
