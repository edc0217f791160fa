// Values as text, which says the type of each, and from which two texts are equal only for equal values: numbers of floating
// point by their bits, dates by their ticks, those of the kind Local by their ticks in UTC.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text;

public static class Notation
{
    static readonly CultureInfo invariant = CultureInfo.InvariantCulture;

    public static string Print(object value)
    {
        var text = new StringBuilder();
        Print(text, value);
        return text.ToString();
    }

    static IEnumerable<MemberInfo> MembersOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Instance).Cast<MemberInfo>()
            .Concat(type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite));

    static Type TypeOf(MemberInfo member) =>
        member is FieldInfo ? ((FieldInfo)member).FieldType : ((PropertyInfo)member).PropertyType;

    static object Get(MemberInfo member, object value) =>
        member is FieldInfo ? ((FieldInfo)member).GetValue(value) : ((PropertyInfo)member).GetValue(value);

    static void Set(MemberInfo member, object value, object to)
    {
        if (member is FieldInfo) ((FieldInfo)member).SetValue(value, to);
        else ((PropertyInfo)member).SetValue(value, to);
    }

    static string Escape(char unit) =>
        unit == '"' || unit == '\\' ? "\\" + unit
        : unit >= ' ' && unit <= '~' ? unit.ToString()
        : "\\u" + ((int)unit).ToString("x4", invariant);

    static string DateOf(DateTime date) =>
        "dt:" + (date.Kind == DateTimeKind.Local ? date.ToUniversalTime() : date).Ticks + ":" + date.Kind;

    static string DecimalOf(decimal number)
    {
        var text = number.ToString(invariant);
        // A negative zero equals zero.
        return "dec:" + (number == 0 ? text.TrimStart('-') : text);
    }

    static string Bits(string prefix, bool isNumber, byte[] bytes) =>
        prefix + (isNumber ? string.Concat(bytes.Reverse().Select(one => one.ToString("x2", invariant))) : "NaN");

    static void Print(StringBuilder text, object value)
    {
        if (value == null) text.Append("null");
        else if (value is bool) text.Append((bool)value ? "true" : "false");
        else if (value is string) text.Append('"').Append(string.Concat(((string)value).Select(Escape))).Append('"');
        else if (value is char) text.Append("char:").Append((int)(char)value);
        else if (value is float) text.Append(Bits("f32:", !float.IsNaN((float)value), BitConverter.GetBytes((float)value)));
        else if (value is double) text.Append(Bits("f64:", !double.IsNaN((double)value), BitConverter.GetBytes((double)value)));
        else if (value is decimal) text.Append(DecimalOf((decimal)value));
        else if (value is DateTime) text.Append(DateOf((DateTime)value));
        else if (value is DateTimeOffset)
            text.Append("dto:").Append(((DateTimeOffset)value).Ticks).Append(':').Append((int)((DateTimeOffset)value).Offset.TotalMinutes);
        else if (value is TimeSpan) text.Append("ts:").Append(((TimeSpan)value).Ticks);
        else if (value is Guid) text.Append("guid:").Append(value);
        else if (value is Enum) text.Append(value.GetType().Name).Append(':').Append(Convert.ToInt64(value));
        else if (value is byte[])
            text.Append("bytes:").Append(string.Concat(((byte[])value).Select(one => one.ToString("x2", invariant))));
        else if (value.GetType().IsPrimitive) text.Append(Convert.ToString(value, invariant)).Append(':').Append(value.GetType().Name);
        else if (value is IEnumerable) PrintList(text, (IEnumerable)value);
        else PrintObject(text, value);
    }

    static void PrintList(StringBuilder text, IEnumerable items)
    {
        text.Append(items.GetType().Name).Append('[');
        var separator = "";
        foreach (var item in items)
        {
            text.Append(separator);
            Print(text, item);
            separator = ",";
        }
        text.Append(']');
    }

    static void PrintObject(StringBuilder text, object value)
    {
        text.Append(value.GetType().Name).Append('{');
        var separator = "";
        foreach (var member in MembersOf(value.GetType()))
        {
            text.Append(separator).Append(member.Name).Append('=');
            Print(text, Get(member, value));
            separator = ",";
        }
        text.Append('}');
    }

    public static object Parse(Type type, string text)
    {
        var position = 0;
        var value = Parse(type, text, ref position);
        if (position != text.Length) throw new FormatException("The notation goes on at " + position + ": " + text);
        return value;
    }

    static object Parse(Type type, string text, ref int position)
    {
        if (StartsWith(text, position, "null"))
        {
            position += 4;
            return null;
        }
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(object)) type = TypeOf(text, position);
        if (type == typeof(string)) return ParseString(text, ref position);
        if (type != typeof(byte[]) && typeof(IList).IsAssignableFrom(type)) return ParseList(type, text, ref position);
        if (!type.IsPrimitive && !type.IsEnum && type.Assembly == typeof(Notation).Assembly) return ParseObject(type, text, ref position);
        var end = text.IndexOfAny(new[] { ',', ']', '}' }, position);
        var atom = text.Substring(position, (end < 0 ? text.Length : end) - position);
        position += atom.Length;
        return ParseAtom(type, atom);
    }

    static readonly Dictionary<string, Type> prefixes = new Dictionary<string, Type>
    {
        { "char", typeof(char) }, { "f32", typeof(float) }, { "f64", typeof(double) }, { "dec", typeof(decimal) }, { "dt", typeof(DateTime) },
        { "dto", typeof(DateTimeOffset) }, { "ts", typeof(TimeSpan) }, { "guid", typeof(Guid) }, { "bytes", typeof(byte[]) },
        { "true", typeof(bool) }, { "false", typeof(bool) },
    };

    // The type that a notation itself tells.
    static Type TypeOf(string text, int position)
    {
        if (text[position] == '"') return typeof(string);
        var end = text.IndexOfAny(new[] { ',', ']', '}', '{' }, position);
        var parts = text.Substring(position, (end < 0 ? text.Length : end) - position).Split(':');
        Type type;
        if (prefixes.TryGetValue(parts[0], out type)) return type;
        return TypeNames.Find(char.IsLetter(parts[0][0]) ? parts[0] : parts[1]);
    }

    static bool StartsWith(string text, int position, string start) =>
        string.CompareOrdinal(text, position, start, 0, start.Length) == 0;

    static string ParseString(string text, ref int position)
    {
        var value = new StringBuilder();
        for (position++; text[position] != '"'; position++)
        {
            if (text[position] != '\\') value.Append(text[position]);
            else if (text[++position] != 'u') value.Append(text[position]);
            else
            {
                value.Append((char)ushort.Parse(text.Substring(position + 1, 4), NumberStyles.HexNumber, invariant));
                position += 4;
            }
        }
        position++;
        return value.ToString();
    }

    // Begins behind the bracket in front of the items. The name of a type may hold one, too: Int32[][1:Int32].
    static object ParseList(Type type, string text, ref int position)
    {
        var itemType = type.IsArray ? type.GetElementType() : type.GetGenericArguments()[0];
        var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(itemType));
        position += type.Name.Length + 1;
        while (text[position] != ']')
        {
            if (text[position] == ',') position++;
            items.Add(Parse(itemType, text, ref position));
        }
        position++;
        if (!type.IsArray) return items;
        var array = Array.CreateInstance(itemType, items.Count);
        items.CopyTo(array, 0);
        return array;
    }

    static object ParseObject(Type type, string text, ref int position)
    {
        var name = text.Substring(position, text.IndexOf('{', position) - position);
        if (name != type.Name) type = TypeNames.Find(name);
        var value = Activator.CreateInstance(type);
        position += type.Name.Length + 1;
        foreach (var member in MembersOf(type))
        {
            if (text[position] == ',') position++;
            position += member.Name.Length + 1;
            Set(member, value, Parse(TypeOf(member), text, ref position));
        }
        position++;
        return value;
    }

    static object ParseAtom(Type type, string atom)
    {
        var rest = atom.Substring(atom.IndexOf(':') + 1);
        if (type == typeof(bool)) return atom == "true";
        if (type == typeof(char)) return (char)ushort.Parse(rest, invariant);
        if (type == typeof(float)) return rest == "NaN" ? float.NaN : BitConverter.ToSingle(BitConverter.GetBytes(uint.Parse(rest, NumberStyles.HexNumber, invariant)), 0);
        if (type == typeof(double)) return rest == "NaN" ? double.NaN : BitConverter.Int64BitsToDouble(long.Parse(rest, NumberStyles.HexNumber, invariant));
        if (type == typeof(decimal)) return decimal.Parse(rest, invariant);
        if (type == typeof(DateTime)) return ParseDate(rest);
        if (type == typeof(DateTimeOffset))
        {
            var parts = rest.Split(':');
            return new DateTimeOffset(long.Parse(parts[0], invariant), TimeSpan.FromMinutes(int.Parse(parts[1], invariant)));
        }
        if (type == typeof(TimeSpan)) return new TimeSpan(long.Parse(rest, invariant));
        if (type == typeof(Guid)) return new Guid(rest);
        if (type.IsEnum) return Enum.ToObject(type, long.Parse(rest, invariant));
        if (type == typeof(byte[])) return Enumerable.Range(0, rest.Length / 2).Select(index => Convert.ToByte(rest.Substring(2 * index, 2), 16)).ToArray();
        return Convert.ChangeType(atom.Substring(0, atom.IndexOf(':')), type, invariant);
    }

    static DateTime ParseDate(string rest)
    {
        var parts = rest.Split(':');
        var kind = (DateTimeKind)Enum.Parse(typeof(DateTimeKind), parts[1]);
        var ticks = long.Parse(parts[0], invariant);
        return kind == DateTimeKind.Local ? new DateTime(ticks, DateTimeKind.Utc).ToLocalTime() : new DateTime(ticks, kind);
    }
}
