# frozen_string_literal: true

require "strscan"

module Realtime
  # A Regexp in the words of the sidecar (RE2's), so that both find the same names in it. Taken is what
  # both read alike, and it stands for the whole name:
  #
  # | | |
  # |---|---|
  # | characters, `.`, `\d \D \w \W \h \H` (all ASCII), punctuation behind `\` | one character |
  # | `[a-z_]`, `[^/]` | one of these, none of these |
  # | `(…)`, `(?:…)`, `(?<name>…)`, `a\|b` | groups, alternatives |
  # | `* + ? *? +? ??`, `{2}`, `{2,}`, `{2,5}` | how often, up to 1000 |
  # | `\A ^` at the start, `\z $` at the end | nothing: the name is always taken whole |
  #
  # Whatever else there is (options, looking ahead or back, references, `\b`, `\p{…}`, possessive
  # quantifiers) is an error where the handler is declared, which is better than a namespace that one
  # of the two does not know.
  #
  # @see conformance/vectors/namespaces.json
  # @api private
  class PortableRegexp
    # In bytes; the sidecar takes no longer ones.
    MAX_BYTES = 256
    # The most that RE2 repeats.
    MAX_TIMES = 1000

    OPTIONS = Regexp::IGNORECASE | Regexp::EXTENDED | Regexp::MULTILINE
    PUNCTUATION = %r{\\[ -/:-@\[-`\{-~]}
    HEX = { "h" => "0-9a-fA-F", "H" => "^0-9a-fA-F" }.freeze
    private_constant :OPTIONS, :PUNCTUATION, :HEX

    # @param regexp [Regexp]
    # @return [String]
    # @raise [ArgumentError]
    def self.translate(regexp) = new(regexp).translate

    def initialize(regexp)
      @regexp = regexp
      @source = StringScanner.new(regexp.source.encode(Encoding::UTF_8))
      @out = +""
      @names = []
      # How often the piece before is repeated within itself, nil when a quantifier has nothing to be
      # about; and for each group that is open the most of that in it.
      @times = nil
      @groups = [1]
    end

    def translate
      refuse("options") if @regexp.options.anybits?(OPTIONS)
      @source.skip(/\\A|\^/)
      piece until @source.match?(/(?:\\z|\$)?\z/)
      refuse(@out.empty? ? "nothing in it" : "more than #{MAX_BYTES} bytes") unless @out.bytesize.between?(1, MAX_BYTES)
      @out
    end

    private

    def piece
      return if open_group || quantifier
      return alternative if @source.skip(/\|/)
      return put(")", @groups.pop) if @source.skip(/\)/)

      put(@source.skip(/\[/) ? set : character)
    end

    def put(text, times = 1)
      @out << text
      repeated(times)
    end

    def repeated(times)
      refuse("more than #{MAX_TIMES} times") if times > MAX_TIMES
      @times = times
      @groups[-1] = [@groups.last, times].max
    end

    def open_group
      if @source.scan(/\(\?<([a-zA-Z_]\w*)>/)
        refuse("two groups called #{@source[1]}") if @names.include?(@source[1])
        @names << @source[1]
        @out << "(?P<#{@source[1]}>"
      elsif @source.scan(/\(\?:|\((?!\?)/)
        @out << @source.matched
      else
        return false
      end
      @times = nil
      @groups << 1
    end

    def alternative
      @out << "|"
      @times = nil
    end

    def quantifier
      text = @source.scan(/[*+?]\??|\{(\d+)(?:,(\d*))?\}/) or return false
      most = [@source[1].to_i, @source[2].to_i, 1].max
      refuse(text) if @times.nil? || @source.match?(/[*+?{]/)
      repeated(@times * most)
      @out << text
      @times = nil
      true
    end

    def character
      if @source.scan(/\\[hH]/) then "[#{HEX.fetch(@source.matched[1])}]"
      elsif @source.scan(/\\[dDwW]/) || @source.scan(PUNCTUATION) || @source.scan(/[^\\^$|?*+()\[\]{}]/m)
        @source.matched
      else
        refuse(@source.rest[0, 3])
      end
    end

    # Behind a bracket.
    def set
      text = +"["
      text << "^" if @source.skip(/\^/)
      text << member until @source.skip(/\]/)
      text << "]"
    end

    def member
      return @source.matched if @source.scan(/\\[dDwW](?!-[^\]])/)
      return HEX.fetch("h") if @source.scan(/\\h(?!-[^\]])/)

      first = member_character
      return first unless @source.scan(/-(?!\])/)

      "#{first}-#{member_character}"
    end

    def member_character
      return @source.matched if @source.scan(PUNCTUATION) || @source.scan(/(?!&&)[^\\\[\]]/m)

      refuse(@source.rest[0, 3])
    end

    def refuse(what)
      raise ArgumentError, "#{@regexp.inspect} cannot name namespaces, because of #{what}: the sidecar has to read " \
                           "it too. See Realtime::PortableRegexp for what can, or take a name with stars"
    end
  end
end
