using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

public class DotEnvTests
{
    [Theory]
    [InlineData("A=1", "1")]
    [InlineData("export A=1", "1")]
    [InlineData("  A = 1  ", "1")]
    [InlineData("A=\"a # b\" # comment", "a # b")]
    [InlineData("A='x=y'", "x=y")]
    [InlineData("A=x # comment", "x")]
    [InlineData("A=a#b", "a#b")]
    [InlineData("A=", "")]
    [InlineData("A=1\r\nB=2", "1")]
    [InlineData("# A=0\nA=1", "1")]
    public void Parse_ReadsTheValue(string text, string expected) => Assert.Equal(expected, DotEnv.Parse(text)["A"]);

    [Fact]
    public void Parse_SkipsWhatIsNoAssignment() => Assert.Empty(DotEnv.Parse("nonsense\n=x\n\n#\n"));
}
