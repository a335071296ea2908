using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Tests.Configuration;

public class SettledTextTests
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    private readonly SettledText _file = new("old", Settle, again: TimeSpan.FromSeconds(10));

    [Fact]
    public void ANewText_IsTakenOnceItHasStayedTheSame_AndOnce()
    {
        Assert.Null(At(0, "new"));
        Assert.Null(At(0.9, "new"));
        Assert.Equal("new", At(1, "new"));
        Assert.Null(At(5, "new"));
        _file.InForce();
        Assert.Null(At(99, "new"));
    }

    [Fact]
    public void ATextThatWasRefused_IsGivenAgain_UntilItIsInForce()
    {
        Assert.Null(At(0, "new"));
        Assert.Equal("new", At(1, "new"));
        Assert.Null(At(10.9, "new"));
        Assert.Null(At(11, null));
        Assert.Equal("new", At(11.5, "new"));
        Assert.Null(At(21, "new"));
        Assert.Equal("new", At(21.5, "new"));
        _file.InForce();
        Assert.Null(At(99, "new"));
    }

    [Fact]
    public void ATextThatIsStillBeingWritten_IsWaitedOut()
    {
        Assert.Null(At(0, "n"));
        Assert.Null(At(1, "ne"));
        Assert.Null(At(2, "new"));
        Assert.Equal("new", At(3, "new"));
    }

    [Fact]
    public void AFileThatIsAwayForAMoment_IsNoChange()
    {
        Assert.Null(At(0, null));
        Assert.Null(At(1, "old"));
        Assert.Null(At(2, null));
        Assert.Null(At(3, "new"));
        Assert.Null(At(3.5, null));
        // It begins anew: what was seen before may have been the half of it.
        Assert.Null(At(4.2, "new"));
        Assert.Equal("new", At(5.2, "new"));
    }

    [Fact]
    public void AChangeThatIsTakenBackInTime_NeverWas()
    {
        Assert.Null(At(0, "new"));
        Assert.Null(At(0.5, "old"));
        Assert.Null(At(9, "old"));
    }

    [Fact]
    public void AWayBack_IsAChange()
    {
        At(0, "new");
        Assert.Equal("new", At(1, "new"));
        At(2, "old");
        Assert.Equal("old", At(3, "old"));
    }

    private string? At(double seconds, string? text) => _file.Observe(text, TimeSpan.FromSeconds(seconds));
}
