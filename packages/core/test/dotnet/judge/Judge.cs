// Reads requests from standard input, one in a line, and answers each in a line:
//
//   describe                        the .NET that this program runs in
//   write TYPE VALUE                what XmlMessageFormatter writes: base64, and what it reads from that again
//   read TYPE BASE64                what XmlMessageFormatter reads
//   writeActiveX TYPE VALUE         what ActiveXMessageFormatter writes: body type and base64
//   readActiveX BODYTYPE BASE64     what ActiveXMessageFormatter reads
//   flush                           sends the answers so far
//
// A tab stands between the parts. An answer begins with "=", or with "!" and the reason where .NET throws.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

public static class Judge
{
    delegate string Operation(string first, string second);

    static readonly Dictionary<string, Operation> operations = new Dictionary<string, Operation>
    {
        { "describe", (_, __) => RuntimeInformation.FrameworkDescription },
        { "write", Write },
        { "read", (type, body) => Notation.Print(XmlFormatter.Read(TypeNames.Find(type), Convert.FromBase64String(body))) },
        { "writeActiveX", WriteActiveX },
        { "readActiveX", (type, body) => Notation.Print(ActiveXFormatter.Read(int.Parse(type), Convert.FromBase64String(body))) },
    };

    static string Write(string type, string value)
    {
        var target = TypeNames.Find(type);
        var body = XmlFormatter.Write(Notation.Parse(target, value), target);
        string readBack;
        try { readBack = Notation.Print(XmlFormatter.Read(target, body)); }
        catch (Exception e) { readBack = "! " + ReasonOf(e); }
        return Convert.ToBase64String(body) + "\t" + readBack;
    }

    static string WriteActiveX(string type, string value)
    {
        int bodyType;
        var body = ActiveXFormatter.Write(Notation.Parse(TypeNames.Find(type), value), out bodyType);
        return bodyType + "\t" + Convert.ToBase64String(body);
    }

    static string ReasonOf(Exception error)
    {
        var reasons = new List<string>();
        for (var e = error; e != null; e = e.InnerException) reasons.Add(e.GetType().Name + ": " + e.Message);
        return string.Concat(string.Join(" <- ", reasons).Select(unit => unit < ' ' || unit > '~' ? '?' : unit));
    }

    static string Answer(string[] parts)
    {
        try { return "=\t" + operations[parts[0]](parts.Length > 1 ? parts[1] : "", parts.Length > 2 ? parts[2] : ""); }
        catch (Exception e) { return "!\t" + ReasonOf(e); }
    }

    static readonly Encoding encoding = new ASCIIEncoding();

    public static void Main()
    {
        var input = new StreamReader(Console.OpenStandardInput(), encoding, false, 1 << 16);
        var output = new StreamWriter(Console.OpenStandardOutput(), encoding, 1 << 16) { NewLine = "\n" };
        for (var line = input.ReadLine(); line != null; line = input.ReadLine())
        {
            if (line == "flush") output.Flush();
            else output.WriteLine(Answer(line.Split('\t')));
        }
        output.Flush();
    }
}
